"""Names and table schemas shared by stages, writers, readers and tests."""

from collections.abc import Mapping
from dataclasses import dataclass

from entity_extract.records import Stroke, Word, columns_of

IMAGE_LINK = "image_link"
GROUP_ID = "group_id"
ENTITY_NAME = "entity_name"
ENTITY_VALUE = "entity_value"
SAMPLE_ID = "sample_id"  # the challenge's `index`; renamed since row.index is a tuple method
REQUIRED = (IMAGE_LINK, GROUP_ID, ENTITY_NAME)

_KINDS = {str: "string", float: "float", int: "int"}  # Spark's, of what records hold


def _struct(kind: type[Word] | type[Stroke]) -> str:
    columns = (f"{name}:{_KINDS[hint]}" for name, hint in columns_of(kind).items())
    return f"struct<{','.join(columns)}>"


WORD, STROKE = _struct(Word), _struct(Stroke)
BOX = "struct<left:int,top:int,width:int,height:int>"

# What READ says of a picture, and an answer is made from.
READING = ("status", "reason", "width", "height", "words", "strokes")


@dataclass(frozen=True)
class TableSpec:
    """A table of the lake: all that Lake, jobs.status, jobs.vacuum and the catalog know of it.

    One more in the tree is declared here and listed in TABLES; the stage that makes its rows
    publishes them to lake[SPEC]. One from outside is declared there and opened with
    Lake(..., tables=(*TABLES, SPEC)): vacuum() cleans it, and jobs.status finds it in the lake.
    """

    name: str  # of its folder
    about: str  # what one row is
    columns: Mapping[str, str]  # promised, with Spark's types; a wave may bring others
    key: tuple[str, ...]  # rows with the key of a published row take its place, see Table.publish
    version: str  # the column of what made a row; in a run's manifest its `versions` say which did
    keeps_old_versions: bool = False  # else vacuum --old-versions removes what is superseded
    # Its `status` is why a picture has no reading: vacuum --retry forgets rows by it.
    retried: bool = False
    # To the catalog's rows, of whose columns none may be named like one of these.
    joined: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError where a column that it speaks of is none of its own."""
        spoken_of = {*self.key, self.version, *(["status"] if self.retried else [])}
        if absent := spoken_of - set(self.columns):
            raise ValueError(f"{self.name}: no column {', '.join(sorted(absent))}")


IMAGES = TableSpec(
    "images",
    "What READ says of a picture link. Boxes are pixels of the upright picture.",
    {
        "image_link": "string",
        "status": "string",
        "reason": "string",
        "http_status": "int",
        "attempts": "int",
        "fetched_at": "timestamp",
        "content_sha256": "string",
        "phash": "string",  # 64-bit perceptual hash, 16 hex digits; alike pictures are close
        "bytes": "bigint",
        "width": "int",
        "height": "int",
        "words": f"array<{WORD}>",
        "strokes": f"array<{STROKE}>",  # long straight lines: dimension arrows, edges
        "thumbnail": "binary",
        "fetch_ms": "int",
        "ocr_ms": "int",
        "etag": "string",  # what the server said of this content, for asking again
        "last_modified": "string",
        "reader_version": "string",
        "decided_by": "string",  # a hash of the configuration that decided the status, if any did
    },
    key=("image_link", "reader_version"),
    version="reader_version",
    retried=True,
    joined=True,
)

REREADINGS = TableSpec(
    "rereadings",
    "A second look at a picture that held no candidate for a question: its words stand beside "
    "those of `images`. `content_sha256` is of the picture that was read at first.",
    {
        "image_link": "string",
        "status": "string",
        "reason": "string",
        "http_status": "int",
        "attempts": "int",
        "fetched_at": "timestamp",
        "content_sha256": "string",
        "words": f"array<{WORD}>",
        "fetch_ms": "int",
        "ocr_ms": "int",
        "reread_version": "string",
    },
    key=("image_link", "content_sha256", "reread_version"),
    version="reread_version",
    retried=True,
)

EMBEDDINGS = TableSpec(
    "embeddings",
    "What the encoder sees in a picture.",
    {
        "content_sha256": "string",
        "embedding": "array<float>",
        "encoder_version": "string",
    },
    key=("content_sha256", "encoder_version"),
    version="encoder_version",
    joined=True,
)

# What is said of a row, and why.
PREDICTION = {
    "prediction": "string",
    "value": "double",
    "unit": "string",
    "value_si": "double",  # in metres, kilograms, volts, watts or cubic metres
    "confidence": "double",
    "source": "string",
    "status": "string",
    "reason": "string",
    "box": BOX,
    "runner_up": "string",
    "candidates": "array<string>",  # "<number> <unit>" of each, best first
}

PREDICTIONS = TableSpec(
    "predictions",
    "The answer to a catalog row. Further columns of the catalog stand before these.",
    {
        "sample_id": "string",
        "image_link": "string",
        "group_id": "string",
        "entity_name": "string",
        "entity_value": "string",
        **PREDICTION,
        "content_sha256": "string",  # of the picture that it rests on
        "model_version": "string",
        "reader_version": "string",
        "reread": "boolean",  # it rests on a second look, too; see REREADINGS
        "decided_by": "string",  # as of the picture
        "run_id": "string",
        # Which row it answers: a hash of what the answer depends on, and a number among equal rows.
        "row_key": "string",
        "row_copy": "int",
        "catalog_key": "string",  # the row's columns catalog.key, as JSON
        "details_hash": "bigint",  # of the row's other columns: they have changed where it has
        "withdrawn_at": "timestamp",  # of a row that is on its way to `history`
    },
    key=("row_key", "row_copy"),
    version="model_version",
    keeps_old_versions=True,  # an answer of another model is replaced when the row is asked again
    retried=True,
    joined=True,
)

HISTORY = TableSpec(
    "history",
    "An answer to a row that the catalog no longer has, for lake.history_days.",
    PREDICTIONS.columns,
    key=("row_key", "row_copy", "run_id"),  # an answer leaves once; the row may come again
    version="model_version",
    keeps_old_versions=True,
)

CHECKS = TableSpec(
    "checks",
    "The latest refresh of a picture link: whether its picture is still the same. `content_sha256` "
    "is of the picture that `images` holds since then; `status` is what the link gave.",
    {
        "image_link": "string",
        "status": "string",
        "reason": "string",
        "http_status": "int",
        "checked_at": "timestamp",
        "content_sha256": "string",
        "etag": "string",
        "last_modified": "string",
        "reader_version": "string",
    },
    key=("image_link", "reader_version"),
    version="reader_version",
    keeps_old_versions=True,
)

SPLITS = TableSpec(
    "splits",
    "A picture link that a model was trained or validated with.",
    {"image_link": "string", "split": "string", "model_version": "string"},
    key=("image_link", "model_version"),
    version="model_version",
    keeps_old_versions=True,  # a model that is older can still be evaluated
)

# What is made of another table's rows comes after it.
TABLES = (IMAGES, REREADINGS, EMBEDDINGS, PREDICTIONS, HISTORY, CHECKS, SPLITS)


def ddl(columns: Mapping[str, str]) -> str:
    """The DDL string Spark takes as a schema."""
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
