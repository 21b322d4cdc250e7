"""Damaged pictures: the short, fixed part of tests/fuzz/images.py."""

from tests.fuzz.images import SEEDS, case, outcome, run, seeds

CASES = 1500


def test_damaged_pictures_of_every_format_end_with_a_status_in_bounded_memory() -> None:
    """In a process apart: a crash or a hang of a decoder is a finding, not the end of the tests."""
    outcomes, findings, peak_mib, _ = run(["--child", "--cases", str(CASES)])
    assert findings == {}
    assert outcomes.total() == CASES
    assert {"ok", "broken_image", "not_an_image"} <= set(outcomes)
    assert peak_mib < 1024


def test_every_seed_is_a_good_picture_before_it_is_damaged() -> None:
    assert len(seeds()) >= len([seed for seed in SEEDS if seed[0] != "AVIF"])
    assert {outcome(seed) for seed in seeds()} == {"ok"}


def test_a_case_is_the_same_each_time() -> None:
    assert [case(n) for n in range(50)] == [case(n) for n in range(50)]


def test_a_child_that_dies_is_a_finding_of_the_case_it_was_at() -> None:
    """As a decoder that crashes would end it: here it is told to begin at a case that is none."""
    outcomes, findings, _, _ = run(["--child", "--cases", "none"])
    assert outcomes.total() == 1
    assert list(findings.values()) == ["finding: died: 2"]
