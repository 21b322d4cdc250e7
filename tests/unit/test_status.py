"""What each status declares, and the sets that others derive from it, written out once more."""

import pickle
from pathlib import Path

import pytest

from entity_extract.status import (
    FAILURES,
    LOST_IN_READING,
    NO_PICTURE,
    READABLE,
    TRANSIENT,
    Picture,
    Retry,
    Status,
)

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / folder / "README.md" for folder in ("jobs", "entity_extract", "deploy")]
AT_ONCE = {"unreachable", "server_error"}
NOTHING_TO_ASK_FOR = {"ok", "no_link", "not_modified", "not_read", "unknown_entity"}


def test_what_follows_from_a_status_is_what_followed_from_it_before() -> None:
    assert AT_ONCE | {"timeout", "host_down", "ocr_timeout"} == TRANSIENT
    assert {status for status in Status if status.retry is Retry.AT_ONCE} == AT_ONCE
    assert {"ocr_timeout", "ocr_failed", "crashed"} == LOST_IN_READING
    assert {"ok", "not_modified", "unknown_entity"} == READABLE
    assert {
        *("no_link", "bad_link", "blocked", "unreachable", "timeout", "host_down", "http_error"),
        *("server_error", "bad_answer", "disallowed", "too_large", "not_an_image", "not_read"),
        "no_file",
    } == NO_PICTURE
    assert {
        *("bad_link", "blocked", "unreachable", "timeout", "host_down", "http_error"),
        *("server_error", "bad_answer", "disallowed", "too_large", "not_an_image", "no_file"),
        *("broken_image", "too_small", "low_resolution", "ocr_timeout", "ocr_failed", "crashed"),
    } == FAILURES
    never_asked = {status for status in Status if status.picture is Picture.NOT_ASKED_FOR}
    assert never_asked == {"no_link", "bad_link", "blocked", "host_down", "not_read"}


def test_a_status_that_asking_again_could_better_has_one_rule_and_no_other_has_any() -> None:
    by_rule = {rule: {s for s in Status if s.retry is rule} for rule in Retry}
    assert sum(map(len, by_rule.values())) == len(Status)
    assert by_rule[Retry.NEVER] == NOTHING_TO_ASK_FOR
    assert by_rule[Retry.ON_REQUEST] == FAILURES - TRANSIENT


@pytest.mark.parametrize("status", Status)
def test_a_status_is_its_name_in_tables_processes_and_texts(status: Status) -> None:
    assert status.value == status.name.lower() == f"{status}"
    assert pickle.loads(pickle.dumps(status)) is status  # noqa: S301  # as from a reader's process
    assert status.meaning
    assert status in {Status.OK, *LOST_IN_READING} or status.remedy or status.retry is Retry.NEVER


@pytest.mark.parametrize("status", Status)
def test_the_guide_says_of_each_status_what_it_declares(status: Status) -> None:
    said = [line for guide in GUIDES if guide.exists() for line in guide.read_text().splitlines()]
    cells = (f"`{status}`", status.meaning, status.remedy, status.again)
    row = f"| {' | '.join(cells)} |"
    assert row in said, "the table of statuses in a README lacks this row"
