"""Where rows stand by now, whatever a writer has published since it looked where they do."""

from entity_extract.lake.moves import Moves


def test_rows_are_followed_from_wave_to_wave_and_no_further() -> None:
    moves = Moves()
    assert moves.since(["a"]) == {"a"}
    moves.add(["a", "b"], ["a-kept", "new"])
    moves.add(["a-kept"], ["later"])
    moves.add(["c"], ["c-kept"])
    assert moves.since(["a"]) == {"a", "a-kept", "new", "later"}
    assert moves.since(["c", "d"]) == {"c", "c-kept", "d"}
    assert moves.since([]) == frozenset()


def test_a_wave_whose_rows_stay_in_it_ends_the_search() -> None:
    moves = Moves()
    moves.add(["a"], ["a", "b"])
    moves.add(["b"], ["a"])
    assert moves.since(["b"]) == {"a", "b"}
