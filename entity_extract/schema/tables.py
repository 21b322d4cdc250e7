"""The tables of the lake."""

from entity_extract.records import Stroke, Word, columns_of
from entity_extract.schema.spec import Column, TableSpec, kinds_of

_KINDS = {str: "string", float: "float", int: "int"}  # Spark's, of what records hold


def _struct(kind: type[Word] | type[Stroke]) -> str:
    columns = (f"{name}:{_KINDS[hint]}" for name, hint in columns_of(kind).items())
    return f"struct<{','.join(columns)}>"


WORD, STROKE = _struct(Word), _struct(Stroke)
BOX = "struct<left:int,top:int,width:int,height:int>"

# Columns of several tables that mean the same in each.
_LINK = Column("string", "The link, as the catalog has it.")
_STATUS = Column("string", "What became of the link or its picture: `ok`, or one of the failures.")
_REASON = Column("string", "Why the status is what it is, in words; null where all went well.")
_HTTP_STATUS = Column("int", "The HTTP status of the last answer; null where none came.")
_ATTEMPTS = Column("int", "How many runs have asked for it, this one included.")
_FETCHED_AT = Column("timestamp", "When it was asked for.")
_SHA256 = Column("string", "SHA-256 of the picture's bytes, in hex; null where none came.")
_WORDS = Column(
    f"array<{WORD}>",
    "The words read, in reading order: boxes in pixels of the upright picture, `conf` from 0 to "
    "100, `angle` in degrees clockwise, and the `pass` and `engine` that read each; how likely the "
    "dimension line beside a length is `level`, `upright` or `oblique`.",
)
_FETCH_MS = Column("int", "Milliseconds that fetching took, waits for its host included.")
_OCR_MS = Column("int", "Milliseconds that decoding and reading took.")
_ETAG = Column(
    "string", "The server's ETag of this picture, for asking again; of a file its size and time."
)
_LAST_MODIFIED = Column("string", "The server's Last-Modified of this picture, for asking again.")
_READER = Column("string", "Which engines, models and settings read: others give another version.")
_DECIDED_BY = Column(
    "string", "A hash of the configuration that decided the status; null where none did."
)
_MODEL = Column("string", "The version of the model, and how it was asked if not in its own way.")

IMAGES = TableSpec(
    "images",
    "What READ says of a picture link. Boxes are pixels of the upright picture.",
    {
        "image_link": _LINK,
        "status": _STATUS,
        "reason": _REASON,
        "http_status": _HTTP_STATUS,
        "attempts": _ATTEMPTS,
        "fetched_at": _FETCHED_AT,
        "content_sha256": _SHA256,
        "phash": Column(
            "string",
            "A 64-bit perceptual hash, 16 hex digits: pictures that look alike differ in few bits.",
        ),
        "bytes": Column("bigint", "The size of the picture as it was fetched, in bytes."),
        "width": Column("int", "The width of the upright picture, in pixels."),
        "height": Column("int", "The height of the upright picture, in pixels."),
        "words": _WORDS,
        "strokes": Column(
            f"array<{STROKE}>",
            "Long straight lines, as dimension arrows and edges are: both ends, and the thickness "
            "of a drawn line (0: the edge of an area), in pixels of the upright picture.",
        ),
        "thumbnail": Column("binary", "The picture made small, as JPEG; what EMBED looks at."),
        "fetch_ms": _FETCH_MS,
        "ocr_ms": _OCR_MS,
        "etag": _ETAG,
        "last_modified": _LAST_MODIFIED,
        "reader_version": _READER,
        "decided_by": _DECIDED_BY,
    },
    key=("image_link", "reader_version"),
    version="reader_version",
    retried=True,
    joined=True,
)

REREADINGS = TableSpec(
    "rereadings",
    "A second look at a picture that held no candidate for a question: its words stand beside "
    "those of `images`.",
    {
        "image_link": _LINK,
        "status": _STATUS,
        "reason": _REASON,
        "http_status": _HTTP_STATUS,
        "attempts": _ATTEMPTS,
        "fetched_at": _FETCHED_AT,
        "content_sha256": Column("string", "SHA-256 of the picture that was read at first."),
        "words": _WORDS,
        "fetch_ms": _FETCH_MS,
        "ocr_ms": _OCR_MS,
        "reread_version": Column("string", "As `reader_version`, of the second look."),
    },
    key=("image_link", "content_sha256", "reread_version"),
    version="reread_version",
    retried=True,
)

EMBEDDINGS = TableSpec(
    "embeddings",
    "What the encoder sees in a picture.",
    {
        "content_sha256": _SHA256,
        "embedding": Column("array<float>", "The picture's vector: of ResNet50 2048 numbers."),
        "encoder_version": Column("string", "Which network, weights and precision made it."),
    },
    key=("content_sha256", "encoder_version"),
    version="encoder_version",
    joined=True,
)

# What is said of a row, and why.
_ANSWER = {
    "prediction": Column("string", 'The answer, "<number> <unit>", or "" where there is none.'),
    "value": Column("double", "The answer's number, in `unit`; null without an answer."),
    "unit": Column("string", "The answer's unit, as it was read; null without an answer."),
    "value_si": Column("double", "The same quantity in `unit_si`, for comparing."),
    "unit_si": Column(
        "string",
        "The SI unit of `value_si`: metre, kilogram, volt, watt or cubic metre, or that of a "
        "quantity that a conf file brought; null without an answer.",
    ),
    "confidence": Column(
        "double",
        "The share of such answers that are right, from 0 to 1; of the best candidate also where "
        "it was too little to answer with.",
    ),
    "source": Column(
        "string",
        "`ocr`: a quantity that was read; `model`: `predict.system = baseline` worked it out; "
        "`none`: there is no answer.",
    ),
    "status": _STATUS,
    "reason": _REASON,
    "box": Column(BOX, "Where the best candidate stands, in pixels of the upright picture."),
    "runner_up": Column("string", "The second best candidate."),
    "candidates": Column("array<string>", 'All quantities read, "<number> <unit>", best first.'),
}
PREDICTION = kinds_of(_ANSWER)

PREDICTIONS = TableSpec(
    "predictions",
    "The answer to a catalog row. Further columns of the catalog stand before these.",
    {
        "sample_id": Column("string", "The catalog's `index`; null where it has none."),
        "image_link": _LINK,
        "group_id": Column("string", "The category."),
        "entity_name": Column("string", "What is asked."),
        "entity_value": Column(
            "string",
            'The label; "" says that the picture does not give the value, null that the row is '
            "unlabelled.",
        ),
        **_ANSWER,
        "content_sha256": Column("string", "SHA-256 of the picture that the answer rests on."),
        "model_version": _MODEL,
        "reader_version": _READER,
        "reread": Column("boolean", "Whether it rests on a second look, too; see `rereadings`."),
        "decided_by": Column("string", "As in `images`."),
        "run_id": Column("string", "The run that gave the answer: its manifest is in `runs/`."),
        "row_key": Column(
            "string",
            "Which row it answers: a hash of image_link, group_id, entity_name and the columns of "
            "`catalog.key`.",
        ),
        "row_copy": Column("int", "1, 2, … among rows with the same `row_key`."),
        "catalog_key": Column(
            "string", "The columns of `catalog.key`, as JSON; null where one is, or none is named."
        ),
        "details_hash": Column(
            "bigint",
            "A hash of the row's other columns: it changes where one of these does.",
        ),
        "withdrawn_at": Column(
            "timestamp", "When its row had left the catalog; null while the row is there."
        ),
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
    PREDICTIONS.described,
    key=("row_key", "row_copy", "run_id"),  # an answer leaves once; the row may come again
    version="model_version",
    keeps_old_versions=True,
)

EARLIER_ANSWERS = TableSpec(
    "earlier_answers",
    "An answer of an earlier model to a row that another has answered since, where "
    "lake.keep_earlier_answers is set. What a model answered last is here or in `predictions`.",
    PREDICTIONS.described,
    key=("row_key", "row_copy", "model_version"),
    version="model_version",
    keeps_old_versions=True,
)

# What an answer is, as it stands in `predictions` beside the columns of the catalog.
ANSWER = (
    *PREDICTION,
    *("content_sha256", "model_version", "reader_version", "reread", "decided_by", "run_id"),
)

CHECKS = TableSpec(
    "checks",
    "The latest refresh of a picture link: whether its picture is still the same.",
    {
        "image_link": _LINK,
        "status": Column("string", "What the link gave; `not_modified` where nothing changed."),
        "reason": _REASON,
        "http_status": _HTTP_STATUS,
        "checked_at": Column("timestamp", "When it was asked again."),
        "content_sha256": Column(
            "string", "SHA-256 of the picture that `images` holds since then."
        ),
        "etag": _ETAG,
        "last_modified": _LAST_MODIFIED,
        "reader_version": _READER,
    },
    key=("image_link", "reader_version"),
    version="reader_version",
    keeps_old_versions=True,
)

SPLITS = TableSpec(
    "splits",
    "A picture link that a model was trained or validated with.",
    {
        "image_link": _LINK,
        "split": Column("string", "`train` or `validation`."),
        "model_version": Column("string", "The version of the model."),
    },
    key=("image_link", "model_version"),
    version="model_version",
    keeps_old_versions=True,  # a model that is older can still be evaluated
)

# What is made of another table's rows comes after it.
TABLES = (IMAGES, REREADINGS, EMBEDDINGS, PREDICTIONS, HISTORY, EARLIER_ANSWERS, CHECKS, SPLITS)
