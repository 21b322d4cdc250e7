"""Words and strokes are the same as values, as records, as messages and in the lake's schema."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entity_extract import schema
from entity_extract.reading.isolation.messages import (
    BadMessage,
    Reply,
    incoming_replies,
    reply_frame,
    reply_of,
)
from entity_extract.records import Stroke, Word, record_of, strokes_of, words_of
from tests.arrow import struct_of

BY_TYPE = {
    int: st.integers(-(2**31), 2**31 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(st.characters(exclude_categories=["Cs"])),
}
KINDS = [(Word, "words", schema.WORD), (Stroke, "strokes", schema.STROKE)]
Kind = type[Word] | type[Stroke]


def any_of(kind: Kind) -> st.SearchStrategy[Word | Stroke]:
    return st.builds(kind, **{name: BY_TYPE[hint] for name, hint in kind.__annotations__.items()})


def example(kind: Kind) -> dict[str, object]:
    """A record of `kind` whose every field is known to differ from its default."""
    values = {str: "a", int: 7, float: 7.5}
    return record_of(kind(*(values[hint] for hint in kind.__annotations__.values())))


def received(row: dict[str, object]) -> dict[str, object]:
    """`row` as it comes out of the process that reads."""
    incoming = incoming_replies()
    incoming.feed(reply_frame(Reply(1, row)))
    frame = incoming.frame()
    assert frame is not None
    return reply_of(frame).row


@given(st.lists(any_of(Word)), st.lists(any_of(Stroke)))
def test_words_and_strokes_come_through_a_message_as_they_were(
    words: list[Word], strokes: list[Stroke]
) -> None:
    row = {"words": list(map(record_of, words)), "strokes": list(map(record_of, strokes))}
    again = received(row)
    assert again == row
    assert words_of(again["words"]) == words
    assert strokes_of(again["strokes"]) == strokes


@pytest.mark.parametrize(("kind", "_", "ddl"), KINDS)
def test_the_lake_has_every_field_in_order_with_its_type(kind: Kind, _: str, ddl: str) -> None:
    arrow = {str: pa.string(), int: pa.int32(), float: pa.float32()}
    columns = [(name.rstrip("_"), arrow[hint]) for name, hint in kind.__annotations__.items()]
    assert struct_of(ddl) == pa.struct(columns)
    assert list(example(kind)) == [name for name, _ in columns]


@pytest.mark.parametrize(("kind", "column", "_"), KINDS)
def test_a_message_that_lacks_a_field_or_has_a_further_one_is_refused(
    kind: Kind, column: str, _: str
) -> None:
    whole = example(kind)
    assert received({column: [whole]}) == {column: [whole]}
    others = [{k: v for k, v in whole.items() if k != name} for name in whole]
    for other in [*others, whole | {"further": 1}]:
        with pytest.raises(BadMessage):
            received({column: [other]})


@pytest.mark.parametrize(("kind", "column", "_"), KINDS)
def test_a_message_with_a_field_of_another_type_is_refused(kind: Kind, column: str, _: str) -> None:
    whole = example(kind)
    wrong = {str: 7, int: 2**31, float: "7.5"}
    for name, value in whole.items():
        with pytest.raises(BadMessage):
            received({column: [whole | {name: wrong[type(value)]}]})
        with pytest.raises(BadMessage):
            received({column: [whole | {name: None}]})


def test_a_field_whose_name_is_a_keyword_has_a_column_without_its_underscore() -> None:
    assert struct_of(schema.WORD).field("pass").type == pa.string()
    assert words_of(received({"words": [example(Word)]})["words"])[0].pass_ == "a"  # noqa: S105


@pytest.mark.parametrize(("kind", "of"), [(Word, words_of), (Stroke, strokes_of)])
def test_a_record_may_leave_out_what_has_a_default_and_have_any_order(
    kind: Kind, of: Callable[[object], list[Word | Stroke]]
) -> None:
    record = example(kind)
    full = of([record])
    assert of([dict(reversed(record.items()))]) == full
    needed = {name: value for name, value in record.items() if name not in kind._field_defaults}
    left_out = of([record, needed | {"engine": "b"} if kind is Word else needed])
    assert left_out[0] == full[0]
    assert left_out[1] != full[0]
