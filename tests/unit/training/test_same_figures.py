"""Pictures of one category that show mostly the same figures are of one product."""

from itertools import combinations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from entity_extract.config import load_config
from entity_extract.learning.features.frames import figures_of
from entity_extract.learning.training.same_figures import LEAST, same_figures
from entity_extract.records import Word, record_of

DOMAIN = load_config().domain


def test_half_of_the_figures_have_to_be_the_same_and_two_at_least() -> None:
    figures = [
        *([1, 2, 3, 4], [1, 2, 3, 5]),  # three of five
        *([11, 12, 13], [11, 14, 15], [11, 12, 16, 17, 18]),  # one of five, two of six
        *([21], [21]),  # all, but one is too few
        [],
        [],
    ]
    found = same_figures(["a"] * 9, figures, share=0.5).tolist()
    assert found[0] == found[1]
    assert len(set(found)) == 8


def test_figures_of_another_category_are_of_another_product() -> None:
    assert len(set(same_figures(["a", "b", "a"], [[1, 2, 3]] * 3, share=0.5))) == 2


def test_a_figure_that_is_common_in_its_category_is_not_compared_by() -> None:
    """1, 2 and 3 stand on all of them; only a rarer one brings two pictures together."""
    figures = [[1, 2, 3, 10 * i] for i in range(2, 152)]
    assert len(set(same_figures(["a"] * 150, figures, share=0.6))) == 150
    figures[7] = [*figures[7], 7]
    figures[9] = [*figures[9], 7]
    found = same_figures(["a"] * 150, figures, share=0.6)
    assert found[7] == found[9]
    assert len(set(found)) == 149


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.lists(st.integers(0, 6), unique=True)), min_size=1
    ),
    st.sampled_from([0.3, 0.5, 0.8, 1.0]),
)
def test_it_is_what_comparing_all_pairs_gives(
    rows: list[tuple[str, list[int]]], share: float
) -> None:
    group, figures = zip(*rows, strict=True)
    member = list(range(len(rows)))
    for one, other in combinations(range(len(rows)), 2):
        a, b = set(figures[one]), set(figures[other])
        if group[one] == group[other] and len(a & b) >= max(LEAST, share * len(a | b)):
            old, new = member[other], member[one]
            member = [new if cluster == old else cluster for cluster in member]
    found = pd.Series(same_figures(group, figures, share=share))
    assert pd.factorize(found)[0].tolist() == pd.factorize(pd.Series(member))[0].tolist()


def test_figures_are_those_printed_in_any_unit_wherever_they_stand() -> None:
    def cell(*texts: str) -> list[dict[str, object]]:
        return [
            record_of(Word(text, 90.0, 10, 40 * i, 100, 20, line=i, engine="tesseract"))
            for i, text in enumerate(texts)
        ]

    one = figures_of(cell("12.7cm", "500g", "220V"), DOMAIN)
    assert len(one) == 3
    assert one == figures_of(cell("220 volts", "500 g", "12.7 cm"), DOMAIN)
    assert figures_of(None, DOMAIN) == []
