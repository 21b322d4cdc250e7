"""The protocol of lists and waves on a modelled file system: two writers and a reader, in which
whoever stops, sleeps or dies does so between any two calls to it."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lake.protocol_model import (
    DISK,
    HDFS,
    LATE,
    LINKS,
    S3,
    Run,
    Semantics,
    World,
    disorder,
    faults,
    reader,
    writer,
)

STORES = pytest.mark.parametrize(
    "store", [DISK, HDFS, S3, LATE], ids=["disk", "hdfs", "s3", "listed late"]
)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of runs say what they clear away."""
    caplog.set_level(logging.ERROR, "entity_extract")


def calls_of(run: Run) -> int:
    run.goes_on()
    assert run.outcome == "done"
    return run.calls


def two_writers(store: Semantics) -> Iterator[list[str]]:
    """Each way in which a run sleeps, another takes over and sleeps, the first goes on to its end,
    and then the second: what was found wrong in it."""
    most = calls_of(writer(World(store), "a"))
    for first in range(most):
        for second in range(most + 12):  # it has to clear away what the first has left
            world = World(store)
            a, b = writer(world, "a"), writer(world, "b")
            a.goes_on(first)
            b.goes_on(second)
            said = faults(world)
            a.goes_on()
            said += faults(world)
            b.goes_on()
            said += faults(world) + disorder(world, a, b)
            yield [f"a slept after {first} calls, b after {second}: {what}" for what in said]


@STORES
@pytest.mark.parametrize("leases_tell", [True, False], ids=["leases", "no leases"])
def test_of_two_writers_one_publishes_each_link_and_the_other_gives_way(
    store: Semantics, leases_tell: bool
) -> None:
    tried = two_writers(replace(store, leases_tell=leases_tell))
    assert [said for said in tried if said] == []


@STORES
def test_without_numbers_that_are_given_away_once_links_are_lost_and_published_twice(
    store: Semantics,
) -> None:
    """What the lease alone is worth: each of these is what a run that sleeps at a bad moment and
    wakes did to a lake before the lists had numbers."""
    missing = {"published twice", "counts and lacks"}
    for said in two_writers(replace(store, creates_once=False)):
        missing -= {fault for fault in missing if fault in str(said)}
        if not missing:
            break
    assert not missing


@STORES
def test_a_run_that_dies_at_any_moment_is_made_good_by_the_next(store: Semantics) -> None:
    for moment in range(calls_of(writer(World(store), "a"))):
        world = World(store)
        a, b = writer(world, "a"), writer(world, "b")
        a.goes_on(moment)
        a.dies()
        assert faults(world) == []
        b.goes_on()
        assert disorder(world, a, b) == [], f"killed after {moment} calls"
        assert b.outcome == "done"


@STORES
def test_what_is_kept_for_nobody_goes_at_once_and_nothing_that_counts_with_it(
    store: Semantics,
) -> None:
    """Without a grace period a sleeper may find the number free again that it was to take."""
    if store.late_changes:
        pytest.skip("lists have to outlive their listing")
    assert [said for said in two_writers(replace(store, grace_s=0.0)) if said] == []


@STORES
def test_a_reader_that_began_at_any_moment_reads_the_whole_table(store: Semantics) -> None:
    """However far it has come when a writer begins, or goes on."""
    most = calls_of(writer(World(store), "a"))
    reads = calls_of(reader(World(store), []))
    for first in range(0, most, 2):
        for second in range(reads + 4):
            world, seen = World(store), list[str]()
            a, b, reads_on = writer(world, "a"), writer(world, "b"), reader(world, seen)
            a.goes_on(first)
            reads_on.goes_on(second)
            if first % 4:
                a.goes_on()
            b.goes_on()
            reads_on.goes_on()
            assert (reads_on.outcome, seen) == ("done", LINKS), f"after {first}, {second} calls"
            a.goes_on()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    store=st.sampled_from([DISK, HDFS, S3, LATE]),
    leases_tell=st.booleans(),
    turns=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20)), max_size=20),
    dies=st.booleans(),
)
def test_three_writers_and_a_reader_in_any_order_leave_the_table_whole(
    store: Semantics, leases_tell: bool, turns: list[tuple[int, int]], dies: bool
) -> None:
    world, seen = World(replace(store, leases_tell=leases_tell)), list[str]()
    writers = [writer(world, run_id) for run_id in "abc"]
    runs = [*writers, reader(world, seen)]
    for number, calls in turns:
        runs[number].goes_on(calls)
        assert faults(world) == []
    if dies:
        writers[0].dies()
    for run in runs:
        run.goes_on()
    assert disorder(world, *writers) == []
    assert (runs[-1].outcome, seen) == ("done", LINKS)
