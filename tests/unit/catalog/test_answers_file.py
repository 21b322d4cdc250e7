"""The answer file, written and held against the public checker's rules."""

from pathlib import Path

import pandas as pd
import pytest

from entity_extract.catalog.answers_file import check_answers, write_answers
from entity_extract.config import load_config

DOMAIN = load_config().domain
IDS = [0, 1, 2]
ENTITIES = ["width", "item_weight", "voltage"]
GOOD = "index,prediction\n0,10 inch\n1,\n2,220 volt\n"


def problems(content: str | bytes, path: Path) -> list[str]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return check_answers(path, IDS, ENTITIES, DOMAIN)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.csv"


def test_what_is_written_passes_the_check_and_reads_back(path: Path) -> None:
    write_answers(zip(IDS, ["10 inch", None, "220.5 volt"], strict=True), path)
    assert path.read_text() == "index,prediction\n0,10 inch\n1,\n2,220.5 volt\n"
    assert check_answers(path, IDS, ENTITIES, DOMAIN) == []
    assert list(path.parent.iterdir()) == [path]
    assert pd.read_csv(path, keep_default_na=False)["prediction"].tolist()[1] == ""


def test_ids_that_need_quotes_survive(path: Path) -> None:
    ids = ['a,"b"', "line\nbreak", "ü"]
    write_answers([(sample_id, "") for sample_id in ids], path)
    assert check_answers(path, ids, ENTITIES, DOMAIN) == []


def test_a_write_that_fails_leaves_the_earlier_file_as_it_was(path: Path) -> None:
    write_answers([(0, "10 inch")], path)
    with pytest.raises(ZeroDivisionError):
        write_answers(((number, str(1 / number)) for number in (1, 0)), path)
    assert path.read_text() == "index,prediction\n0,10 inch\n"


def test_a_catalog_without_rows_has_an_answer_file_without_rows(path: Path) -> None:
    write_answers([], path)
    assert path.read_text() == "index,prediction\n"
    assert check_answers(path, [], [], DOMAIN) == []


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("inch", "feet"),  # the checker's own repairs
        GOOD.replace("inch", "meter"),
    ],
)
def test_a_good_file_passes(content: str, path: Path) -> None:
    assert problems(content, path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace("1,\n", ""), "missing index (1): 1"),
        (GOOD + "7,\n", "index not in the catalog (1): 7"),
        (GOOD + "2,220 volt\n", "index more than once (1): 2"),
        (GOOD.replace("10 inch", "10 volt"), "index 0: '10 volt': unit not allowed for width"),
        (GOOD.replace("10 inch", "10inch"), "index 0: '10inch': not \"<number> <unit>\""),
        (GOOD.replace("10 inch", "10 parsec"), "index 0: '10 parsec': not \"<number> <unit>\""),
        (GOOD.replace("10 inch", "1e3 inch"), "index 0: '1e3 inch': not \"<number> <unit>\""),
        (GOOD.replace("index", "id"), "the columns are id,prediction, not index,prediction"),
        (GOOD.replace("prediction", "prediction,sure"), "the columns are index,prediction,sure"),
        (GOOD + "3\n", "lines without exactly two fields (1): 5"),
        ("", "the columns are missing"),
        (b"index,prediction\n0,\xff\n", "answers.csv: cannot be read"),
        ('index,prediction\n0,"open', "answers.csv: cannot be read"),
    ],
)
def test_each_fault_is_named(content: str | bytes, said: str, path: Path) -> None:
    found = problems(content, path)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_a_missing_file_and_another_suffix_are_faults(tmp_path: Path) -> None:
    assert "cannot be read" in check_answers(tmp_path / "no.csv", [], [], DOMAIN)[0]
    assert "not a .csv" in check_answers(tmp_path / "answers.txt", [], [], DOMAIN)[0]


def test_many_rows_with_one_fault_make_one_short_sentence(path: Path) -> None:
    write_answers([], path)
    (said,) = check_answers(path, range(100_000), ["width"] * 100_000, DOMAIN)
    assert said == "missing index (100000): 0, 1, 2, 3, 4, …"
