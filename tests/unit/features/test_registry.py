"""Features by name: declared anywhere, asked for in any order, and made only where asked for."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from entity_extract.learning.features.candidates.declared import (
    CANDIDATE_FEATURES,
    candidate_feature_names,
)
from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.examples import build_example, collate_examples
from entity_extract.learning.features.registry import ENTRY_POINTS, FeatureError, Features
from entity_extract.records import Word
from tests.unit.learning_cases import DOMAIN, PICTURE, printed

Numbers = tuple[float, ...]
WORDS = [*printed("Net weight 500 g", line=0), *printed("2 kg", top=200, line=1)]


def first_group() -> Features[Numbers]:
    group = Features[Numbers]()

    @group.feature("double")
    def double(numbers: Numbers) -> npt.ArrayLike:
        return [2 * number for number in numbers]

    @group.features("square", "cube", version=3)
    def powers(numbers: Numbers) -> npt.ArrayLike:
        return [(number**2, number**3) for number in numbers]

    return group


def second_group() -> Features[Numbers]:
    group = Features[Numbers]()

    @group.feature("many")
    def many(numbers: Numbers) -> npt.ArrayLike:
        return len(numbers)

    @group.family("plus_", "one")
    def plus(numbers: Numbers, what: str) -> npt.ArrayLike:
        return [number + {"one": 1, "seven": 7}[what] for number in numbers]

    return group


def values(names: list[str], group: Features[Numbers]) -> list[list[float]]:
    return group.columns(names, (3.0, 5.0), 2).tolist()


@pytest.mark.parametrize(
    "names",
    [
        ["square", "cube"],
        ["cube", "square"],
        ["square", "many", "cube"],
        ["cube"],
        ["double", "square", "cube", "many"],
    ],
)
def test_columns_made_together_stand_where_each_is_asked_for(names: list[str]) -> None:
    of_three = {"double": 6.0, "square": 9.0, "cube": 27.0, "many": 2.0}
    rows = values(names, Features(first_group(), second_group()))
    assert rows[0] == [of_three[name] for name in names]


def test_columns_come_in_the_order_in_which_they_are_asked_for() -> None:
    group = Features(first_group(), second_group())
    assert list(group) == ["double", "square", "cube", "many", "plus_one"]
    assert values(["cube", "many", "double"], group) == [[27, 2, 6], [125, 2, 10]]
    assert values([], group) == [[], []]
    assert [group.version(name) for name in ("double", "square", "cube")] == [1, 3, 3]


def test_the_order_of_declaration_changes_no_column() -> None:
    names = ["square", "many", "plus_one", "double", "cube"]
    one, other = (first_group(), second_group()), (second_group(), first_group())
    assert list(Features(*one)) != list(Features(*other))
    assert values(names, Features(*one)) == values(names, Features(*other))


def test_a_family_answers_to_any_member_by_name() -> None:
    group = second_group()
    assert "plus_seven" not in list(group)
    assert "plus_seven" in group
    assert values(["plus_seven", "plus_one"], group) == [[10, 4], [12, 6]]
    assert "plus_" not in group


def test_what_is_not_asked_for_is_not_run() -> None:
    group, run = first_group(), list[str]()

    @group.feature("noisy")
    def noisy(numbers: Numbers) -> npt.ArrayLike:
        run.append("noisy")
        return numbers

    values(["double"], group)
    assert run == []
    values(["noisy", "double"], group)
    assert run == ["noisy"]


@pytest.mark.parametrize("name", ["double", "cube", "two words", 'quo"te', ""])
def test_a_name_that_is_taken_or_that_no_model_could_hold_is_refused(name: str) -> None:
    with pytest.raises(FeatureError, match=f"feature {name!r}"):
        first_group().feature(name)(lambda numbers: numbers)


def test_a_name_that_is_not_declared_is_refused_by_it() -> None:
    group = first_group()
    group.forget("square")
    assert list(group) == ["double"]
    for name in ("square", "cube", "nothing"):
        with pytest.raises(FeatureError, match=f"no feature '{name}'"):
            values(["double", name], group)


@pytest.fixture
def area() -> Iterator[str]:
    """A feature of candidates that is declared outside of the package."""

    @CANDIDATE_FEATURES.feature("letter_area")
    def letter_area(row: RowCandidates) -> npt.ArrayLike:
        return row.letters**2

    yield "letter_area"
    CANDIDATE_FEATURES.forget("letter_area")


def test_a_feature_declared_outside_is_built_behind_the_packages_own(area: str) -> None:
    example = build_example(WORDS, entity="item_weight", picture=PICTURE, domain=DOMAIN)
    assert example.names == (*candidate_feature_names(),)
    assert example.names[-1] == area
    letters = example.candidate[:, example.names.index("letter_height")]
    assert example.candidate[:, -1] == pytest.approx(letters**2)


def test_an_example_has_just_the_features_that_were_asked_for() -> None:
    names = ["picture_words", "log_si", "kind_plain"]
    whole = build_example(WORDS, entity="item_weight", picture=PICTURE, domain=DOMAIN)
    asked = build_example(WORDS, entity="item_weight", picture=PICTURE, domain=DOMAIN, names=names)
    assert asked.names == tuple(names)
    at = [whole.names.index(name) for name in names]
    np.testing.assert_array_equal(asked.candidate, whole.candidate[:, at])
    np.testing.assert_array_equal(asked.text, whole.text)
    with pytest.raises(FeatureError, match="'no_such'"):
        build_example(
            WORDS, entity="item_weight", picture=PICTURE, domain=DOMAIN, names=["no_such"]
        )


def test_rows_of_different_features_are_not_put_together() -> None:
    built = [
        build_example(WORDS, entity="item_weight", picture=PICTURE, domain=DOMAIN, names=[name])
        for name in ("log_si", "places")
    ]
    with pytest.raises(ValueError, match="different features"):
        collate_examples(
            built,
            entity=["item_weight"] * 2,
            group=[""] * 2,
            picture=["a", "b"],
            labels=[(), ()],
            image=np.zeros((2, 0)),
            domain=DOMAIN,
        )


def read_by(engine: str, conf: float) -> list[Word]:
    return [word._replace(engine=engine, conf=conf) for word in printed("500 g", seen_by=engine)]


def test_every_engine_that_read_has_its_confidence_whatever_its_name() -> None:
    words = [*read_by("tesseract", 40), *read_by("my-ocr", 70), *read_by("other.2", 50)]
    names = candidate_feature_names(["my-ocr", "other.2", "tesseract"])
    assert names == (*candidate_feature_names(), "conf_my-ocr", "conf_other.2")
    example = build_example(
        words, entity="item_weight", picture=PICTURE, domain=DOMAIN, names=names
    )
    (seen,) = (dict(zip(names, row.tolist(), strict=True)) for row in example.candidate)
    assert seen["engines"] == 3
    of_engines = ("rapidocr", "tesseract", "my-ocr", "other.2")
    assert [seen[f"conf_{engine}"] for engine in of_engines] == [-1, 40, 70, 50]


def build_elsewhere(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """What a process says in which a package of this module is installed."""
    (folder / "my_features.py").write_text(code)
    installed = folder / "my_package-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1\n")
    (installed / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nmine = my_features\n")
    asked = (
        "from tests.unit.features.test_registry import WORDS, PICTURE, DOMAIN\n"
        "from entity_extract.learning.features.examples import build_example\n"
        "e = build_example(WORDS, entity='item_weight', picture=PICTURE, domain=DOMAIN)\n"
        "print(e.names[-1], e.candidate[:, -1].tolist())"
    )
    return subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        capture_output=True,
        text=True,
    )


def test_what_an_installed_package_declares_is_there_in_every_process(tmp_path: Path) -> None:
    code = (
        "from entity_extract.learning.features.candidates.declared import CANDIDATE_FEATURES\n"
        "@CANDIDATE_FEATURES.feature('half')\n"
        "def half(row):\n"
        "    return [candidate.value / 2 for candidate in row.candidates]\n"
    )
    done = build_elsewhere(tmp_path, code)
    assert done.stdout.strip() == "half [250.0, 1.0]", done.stderr


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        (
            "from entity_extract.learning.features.candidates.declared import CANDIDATE_FEATURES\n"
            "CANDIDATE_FEATURES.feature('log_si')(len)",
            "feature 'log_si' is declared twice",
        ),
    ],
)
def test_an_installed_package_that_cannot_declare_is_named(
    tmp_path: Path, code: str, reason: str
) -> None:
    done = build_elsewhere(tmp_path, code)
    assert f"entry point mine of {ENTRY_POINTS}: {reason}" in done.stderr
