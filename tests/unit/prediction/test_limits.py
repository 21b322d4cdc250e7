"""However much a picture says, a row is answered in bounded time and memory, and tells what was
left out."""

import random
import time
import tracemalloc

import pandas as pd
import pytest

from entity_extract.config import PredictConfig
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.learning.prediction.predict import predict_frame
from entity_extract.quantities.candidates import DEFAULT_LIMITS, Limits, found_candidates
from entity_extract.records import Stroke, Word

LIMITS = Limits(words=3_000, quantities=40)
MODEL = default_bundle().model()


def drawing(quantities: int, *, numbers_alone: bool = False, same: bool = False) -> list[Word]:
    """So many lengths, each of another size, all over a large picture."""
    words = []
    for n in range(quantities):
        left, top = n % 100 * 120, n // 100 * 60
        number = f"{n % 2 + 1 if same else n + 1}"
        unit = "" if numbers_alone else "mm"
        words.append(Word(f"{number}{unit}", 95.0, left, top, 60, 20, line=n))
        if numbers_alone:
            words.append(Word("mm", 95.0, left + 15, top + 25, 30, 20, block=1, line=n))
    return words


def answered(words: list[Word], limits: Limits = DEFAULT_LIMITS, reason: str = "") -> pd.Series:
    row = {
        **{"entity_name": "width", "group_id": "1", "status": "ok", "reason": reason},
        **{"width": 12_000, "height": 6_000, "embedding": None, "words": words},
        "strokes": [Stroke(0, 50.0 * n, 12_000, 50.0 * n, 2.0) for n in range(60)],
    }
    config = PredictConfig(
        min_confidence=0.0, max_words=limits.words, max_quantities=limits.quantities
    )
    return predict_frame(MODEL, pd.DataFrame([row], dtype=object), config).iloc[0]


def test_a_picture_within_the_limits_is_not_cut() -> None:
    words = drawing(300)
    assert answered(words).reason == ""
    assert answered(words, Limits(300, 300)).candidates == answered(words).candidates


def test_what_was_cut_is_said_in_the_row() -> None:
    words = drawing(300)
    cut = answered(words, Limits(words=200, quantities=50), reason="cut short: a part")
    assert cut.reason == (
        "cut short: a part; only the first 200 of 300 words and the first 50 quantities were "
        "looked at"
    )
    assert cut.status == "ok"
    assert len(cut.candidates) == 50
    only_words = answered(words, Limits(words=10, quantities=50))
    assert only_words.reason == "only the first 10 of 300 words were looked at"


def test_which_quantities_are_looked_at_does_not_depend_on_the_order_of_the_words() -> None:
    words = drawing(300)
    shuffled = random.Random(0).sample(words, len(words))
    found = [found_candidates(some, "width", MODEL.domain, LIMITS) for some in (words, shuffled)]
    one, other = ([(c.value, c.unit) for c in some.candidates] for some in found)
    assert one == other
    assert len(one) == LIMITS.quantities


@pytest.mark.parametrize("kind", ["all different", "all the same", "numbers and units apart"])
def test_the_largest_picture_takes_bounded_time_and_memory(kind: str) -> None:
    words = drawing(4_000, numbers_alone=kind.startswith("numbers"), same=kind.endswith("same"))
    answered(drawing(10))
    tracemalloc.start()
    start = time.process_time()
    row = answered(words)
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert row.reason.startswith("only the first 3000 of ")
    assert peak < 200 * 2**20
    assert seconds < 60.0  # tracing takes most of it
