"""Names, statuses and table schemas shared by stages, writers, readers and tests."""

from enum import StrEnum

from entity_extract.records import Stroke, Word, columns_of


class Status(StrEnum):
    """What became of a picture. One list for READ, the predictions and the report."""

    OK = "ok"
    NO_LINK = "no_link"  # the catalog row has no image_link
    BAD_LINK = "bad_link"  # not a URL that can be asked for
    BLOCKED = "blocked"  # an address, host, port, file or bucket that fetch.* does not allow
    UNREACHABLE = "unreachable"  # DNS, connection refused or reset, TLS
    TIMEOUT = "timeout"  # the whole request outlasted fetch.deadline_s
    HOST_DOWN = "host_down"  # not asked: its host failed too often, or asked for a long rest
    HTTP_ERROR = "http_error"  # a 4xx answer, or too many redirects
    SERVER_ERROR = "server_error"  # 5xx or 429
    BAD_ANSWER = "bad_answer"  # not HTTP, or more header than fetch.max_header_bytes
    DISALLOWED = "disallowed"  # X-Robots-Tag asks not to use it (fetch.robots)
    NOT_MODIFIED = "not_modified"  # a conditional request: unchanged since it was last fetched
    TOO_LARGE = "too_large"  # more bytes or pixels than allowed
    NOT_AN_IMAGE = "not_an_image"  # HTML, JSON, an unknown or refused format
    BROKEN_IMAGE = "broken_image"  # an image format, but truncated or corrupt
    TOO_SMALL = "too_small"  # too few pixels to hold a letter
    LOW_RESOLUTION = "low_resolution"  # there is text, but its letters are too small to be read
    OCR_TIMEOUT = "ocr_timeout"  # reading outlasted ocr.timeout_s
    OCR_FAILED = "ocr_failed"  # the OCR engine gave up on these pixels
    CRASHED = "crashed"  # the process that read it died or outgrew its memory, each time
    NOT_READ = "not_read"  # predictions only: the lake has no reading of this link yet
    UNKNOWN_ENTITY = "unknown_entity"  # predictions only: entity_name is not configured


# A later run tries these again, up to fetch.max_attempts; all others are settled. Reading that took
# too long may be the fault of a machine with too much to do.
TRANSIENT = frozenset(
    {
        Status.UNREACHABLE,
        Status.TIMEOUT,
        Status.HOST_DOWN,
        Status.SERVER_ERROR,
        Status.OCR_TIMEOUT,
    }
)
# A picture came, and its reader gave nothing. Few pictures do that to a reader that is well.
LOST = frozenset({Status.OCR_TIMEOUT, Status.OCR_FAILED, Status.CRASHED})
# Why a link has no reading, where asking again, or with other settings, could give one.
FAILURES = frozenset(Status) - {
    *(Status.OK, Status.NO_LINK, Status.NOT_MODIFIED, Status.NOT_READ, Status.UNKNOWN_ENTITY)
}

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

# One row per distinct image_link and reader_version. Boxes are pixels of the upright picture.
IMAGES = {
    "image_link": "string",
    "status": "string",
    "reason": "string",
    "http_status": "int",
    "attempts": "int",
    "fetched_at": "timestamp",
    "content_sha256": "string",
    "phash": "string",  # 64-bit perceptual hash, 16 hex digits; near-identical pictures are close
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
}

# The latest refresh of each image_link and reader_version: whether its picture is still the same.
# `content_sha256` is of the picture that `images` holds since then; `status` is what the link gave.
CHECKS = {
    "image_link": "string",
    "status": "string",
    "reason": "string",
    "http_status": "int",
    "checked_at": "timestamp",
    "content_sha256": "string",
    "etag": "string",
    "last_modified": "string",
    "reader_version": "string",
}

# One row per distinct content_sha256 and encoder_version.
EMBEDDINGS = {
    "content_sha256": "string",
    "embedding": "array<float>",
    "encoder_version": "string",
}

# What is said of a row, and why.
PREDICTION = {
    "prediction": "string",
    "value": "double",
    "unit": "string",
    "confidence": "double",
    "source": "string",
    "status": "string",
    "reason": "string",
    "box": BOX,
    "runner_up": "string",
    "candidates": "array<string>",  # "<number> <unit>" of each, best first
}

# One row per catalog row; further columns of the catalog stand before these.
PREDICTIONS = {
    "sample_id": "string",
    "image_link": "string",
    "group_id": "string",
    "entity_name": "string",
    "entity_value": "string",
    **PREDICTION,
    "content_sha256": "string",  # of the picture that it rests on
    "model_version": "string",
    "reader_version": "string",
    "run_id": "string",
    # Which catalog row it answers: a hash of the row's own columns, and a number among equal rows.
    "row_key": "string",
    "row_copy": "int",
}

# One row per picture link a model was trained or validated with.
SPLITS = {"image_link": "string", "split": "string", "model_version": "string"}


def ddl(columns: dict[str, str]) -> str:
    """The DDL string Spark takes as a schema."""
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
