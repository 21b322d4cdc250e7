"""What a worker and the process that reads pictures for it say to each other.

Frames of two lengths, a JSON header and raw bytes. Never pickle, which does what it is told to:
what comes back has been made by a process that touched strangers' bytes, and is checked here.
"""

import json
import struct
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, ValidationError, create_model

from entity_extract.config import Domain, ImageConfig, OcrConfig
from entity_extract.records import Stroke, Word, columns_of
from entity_extract.status import Status

_LENGTHS = struct.Struct(">II")  # of the header and of the bytes that follow it
_MAX_HEADER = 8 * 2**20  # some 50,000 words; they take ten times as much once unpacked
_MAX_THUMBNAIL = 16 * 2**20

# Spark's `int`: what does not fit would fail the task on the row's way out of Python.
_Int = Annotated[int, Field(ge=-(2**31), lt=2**31)]
# A ValueError of Status() is what pydantic calls an error in the reply.
_Status = Annotated[str, AfterValidator(lambda status: Status(status).value)]


class BadMessage(Exception):
    """What came is none of the messages below."""


class Frame(NamedTuple):
    """One message as it travels."""

    header: bytes
    content: bytes


class Incoming:
    """Puts frames together again from the chunks in which they come."""

    def __init__(self, max_header: int, max_content: int) -> None:
        self._limits = max_header, max_content
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._buffer += chunk

    def frame(self) -> Frame | None:
        """The next whole frame. Raises BadMessage on lengths above the limits, before they come."""
        if len(self._buffer) < _LENGTHS.size:
            return None
        lengths = _LENGTHS.unpack_from(self._buffer)
        if any(length > limit for length, limit in zip(lengths, self._limits, strict=True)):
            raise BadMessage(f"it announced {sum(lengths)} bytes")
        middle = _LENGTHS.size + lengths[0]
        end = middle + lengths[1]
        if len(self._buffer) < end:
            return None
        frame = Frame(bytes(self._buffer[_LENGTHS.size : middle]), bytes(self._buffer[middle:end]))
        del self._buffer[:end]
        return frame


def incoming_requests() -> Incoming:
    """For the process that reads; its worker may be believed, and says how long it likes."""
    return Incoming(2**32, 2**32)


def incoming_replies() -> Incoming:
    return Incoming(_MAX_HEADER, _MAX_THUMBNAIL)


def frame_of(header: bytes, content: bytes = b"") -> bytes:
    return _LENGTHS.pack(len(header), len(content)) + header + content


class Settings(BaseModel, frozen=True, extra="forbid"):
    """The first message: how to read. `limit_s` is the time for one picture, all in all.

    `reader_version` is what the reading has to be of; "" for any.
    """

    image: ImageConfig
    ocr: OcrConfig
    domain: Domain
    limit_s: float
    reader_version: str = ""


class _Checked(BaseModel, strict=True, frozen=True, extra="forbid", allow_inf_nan=False):
    pass


def _record(kind: type[Word] | type[Stroke]) -> type[_Checked]:
    """What a record of `kind` must be: all of its columns, and no other."""
    fields: dict[str, Any] = {
        name: (_Int if hint is int else hint, ...) for name, hint in columns_of(kind).items()
    }
    return create_model(kind.__name__, __base__=_Checked, **fields)


_Word, _Stroke = _record(Word), _record(Stroke)


class _Row(_Checked):
    """The columns of `picture_row` but for the thumbnail, which travels as it is."""

    status: _Status = Status.OK.value
    reason: str = ""
    phash: str = ""
    width: _Int = 0
    height: _Int = 0
    strokes: list[_Stroke] = []  # type: ignore[valid-type]
    words: list[_Word] = []  # type: ignore[valid-type]
    ocr_ms: _Int = 0


class _Reply(_Checked):
    """`number` is the request's; 0 says that the process is ready, or why it cannot be."""

    number: int
    unavailable: str | None = None
    row: _Row | None = None


class Reply(NamedTuple):
    """What the reading process said: a picture's columns, or that OCR is not installed."""

    number: int
    row: dict[str, object]
    unavailable: str | None = None


def reply_frame(reply: Reply) -> bytes:
    """`reply` as it travels. Raises TypeError on columns that JSON does not know."""
    columns = dict(reply.row)
    thumbnail = columns.pop("thumbnail", b"")
    header = {"number": reply.number, "unavailable": reply.unavailable, "row": columns}
    return frame_of(json.dumps(header).encode(), bytes(thumbnail))  # type: ignore[call-overload]


def reply_of(frame: Frame) -> Reply:
    """The reply in `frame`, its types and ranges checked. Raises BadMessage."""
    try:
        reply = _Reply.model_validate_json(frame.header)
    except ValidationError as err:
        raise BadMessage(f"{err.error_count()} errors in its reply") from None
    row = reply.row.model_dump(exclude_unset=True) if reply.row else {}
    if frame.content:
        row["thumbnail"] = frame.content
    return Reply(reply.number, row, reply.unavailable)
