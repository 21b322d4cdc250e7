"""How large waves are: by the time that they take, and where rows are cut into them."""

from itertools import pairwise

import pytest

from entity_extract.lake.cuts import Cuts
from entity_extract.lake.pace import Pace


def worked_off(pace: Pace, total: int, *, row_s: float, wave_s: float = 0.0) -> list[int]:
    """The sizes of the waves, where a row takes `row_s` and each wave `wave_s` more."""
    sizes, left = [], total
    while left:
        rows = min(pace.rows, left)
        pace.took(rows, rows * row_s + wave_s)
        sizes.append(rows)
        left -= rows
    return sizes


@pytest.mark.parametrize("row_s", [0.01, 0.5, 5.0])
def test_a_wave_takes_about_the_time_asked_for_at_any_speed(row_s: float) -> None:
    sizes = worked_off(Pace(100_000, wave_s=300, rows_per_s=2, least=8), 500_000, row_s=row_s)
    *grown, _ = sizes
    assert grown[0] == 30
    assert max(size * row_s for size in grown) == pytest.approx(300, rel=0.05)
    assert all(after <= 8 * before for before, after in pairwise(grown))
    assert len(sizes) < 1.1 * 500_000 * row_s / 300 + 6


def test_a_wave_never_has_more_rows_than_the_limit_nor_so_few_that_cores_are_idle() -> None:
    fast = worked_off(Pace(1_000, wave_s=300, rows_per_s=2, least=8), 3_270, row_s=1e-6)
    assert fast == [30, 240, 1_000, 1_000, 1_000]
    # A wave costs more than it may take, whatever is in it: no spiral down to waves of one row.
    slow = worked_off(Pace(1_000, wave_s=2, rows_per_s=2, least=8), 40, row_s=1, wave_s=5)
    assert slow == [8] * 5
    assert worked_off(Pace(3, wave_s=300, rows_per_s=2, least=8), 7, row_s=1) == [3, 3, 1]


def test_without_a_time_waves_go_by_their_rows_alone() -> None:
    assert worked_off(Pace(100), 250, row_s=1_000) == [100, 100, 50]


def ends(cuts: Cuts, size: int) -> list[int]:
    found = [0]
    while found[-1] < cuts.total:
        found.append(cuts.end(found[-1], size))
    return found[1:]


def test_small_homes_share_a_wave_and_large_ones_are_cut_into_equal_ones() -> None:
    cuts = Cuts({"a": 2, "b": 3, "c": 25, "d": 10, "e": 1})
    assert ends(cuts, 10) == [5, 14, 22, 30, 40, 41]
    assert ends(cuts, 1_000) == [41]
    assert ends(Cuts({}), 10) == []


def test_what_a_wave_reads_are_the_homes_of_its_rows_alone() -> None:
    cuts = Cuts({"": 4, "a": 2, "b": 3, "c": 25})
    assert [cuts.among(*of) for of in ((0, 4), (0, 6), (4, 9), (10, 20), (8, 10))] == [
        (),
        ("a",),
        ("a", "b"),
        ("c",),
        ("b", "c"),
    ]
