"""What configuration decides: declared with the status, told by its values, put into words."""

import pytest

from entity_extract.config import load_config
from entity_extract.config.decided import advice, fingerprints
from entity_extract.status import FAILURES, TRANSIENT, Status

DECIDED = [status for status in Status if status.keys]


def test_another_value_of_a_key_that_decides_it_is_another_fingerprint_of_that_status_alone() -> (
    None
):
    plain = fingerprints(load_config())
    assert set(plain) == set(DECIDED)
    allowed = fingerprints(load_config(assignments=["fetch.allow_private=true"]))
    assert {status for status in plain if plain[status] != allowed[status]} == {Status.BLOCKED}
    threads = fingerprints(load_config(assignments=["fetch.threads=3", "lake.wave_links=7"]))
    assert threads == plain == fingerprints(load_config())


@pytest.mark.parametrize("status", DECIDED)
def test_its_keys_are_keys_and_stand_in_its_row_of_the_table(status: Status) -> None:
    for key in status.keys:
        section, name = key.split(".")
        assert hasattr(getattr(load_config(), section), name)
        assert f"{name}`" in status.meaning + status.remedy


@pytest.mark.parametrize("status", sorted(FAILURES - {Status.OCR_FAILED}))
def test_each_failure_has_advice_that_tells_how_it_is_asked_again(status: Status) -> None:
    said = advice(status, "as it was", "s3a://shop/lake")
    if status.keys or status in TRANSIENT:
        assert "the same command asks" in said
    else:
        command = f"entity-extract vacuum --lake s3a://shop/lake --retry {status}"
        assert said.endswith(f"to ask again: {command}")


def test_a_key_that_the_reason_names_is_the_advice() -> None:
    said = advice(Status.BLOCKED, "'10.0.0.7' is not a public address: fetch.allow_private", "lake")
    assert said.startswith("--set fetch.allow_private=true")
    assert advice(Status.BLOCKED, "port 81 is not among fetch.ports", "x").startswith(
        "--set fetch.ports="
    )
