"""Two sets of answers side by side, as `entity-extract compare` tells of them."""

from pathlib import Path

import pandas as pd
import pytest

from entity_extract.commands.main import main
from entity_extract.config import load_config
from entity_extract.evaluation.compared_rows import beside, file_answers, lake_answers
from entity_extract.evaluation.comparison import Comparison, Part, Scores, compare
from entity_extract.lake.files import Mark
from entity_extract.lake.waves import Waves, list_path, waves_of

CONFIG = load_config(assignments=["evaluate.bootstrap=200"])
# link, entity, label, A's answer and confidence, B's
ROWS = [
    ("l1", "item_weight", "500 gram", "500 gram", 0.9, "500 gram", 0.8),
    ("l2", "item_weight", "2 kilogram", "2 kilogram", 0.7, "2000 gram", 0.6),
    ("l3", "item_weight", "3 ounce", "4 ounce", 0.95, "3 ounce", 0.97),
    ("l3", "voltage", "12 volt", "", 0.2, "12 volt", 0.5),
    ("l4", "voltage", None, "220 volt", 0.99, "", None),
    ("l5", "voltage", "", "", None, "", None),
    ("l6", "beauty", "1 <b>inch", "1 <script>", 0.1, "2 inch", 0.1),
]


def answers(rows: list[tuple[object, ...]], side: int) -> pd.DataFrame:
    columns = ["image_link", "entity_name", "entity_value", "prediction", "confidence"]
    picked = [(*row[:3], *row[3 + 2 * side : 5 + 2 * side]) for row in rows]
    frame = pd.DataFrame(picked, columns=columns).astype({"confidence": float})
    return frame.assign(group_id="1", row_key=[f"k{n}" for n in range(len(frame))], row_copy=1)


def lake(root: Path, rows: pd.DataFrame) -> Path:
    wave = root / "predictions" / "wave=r1-00000"
    wave.mkdir(parents=True)
    gone = rows.head(1).assign(row_key="gone", withdrawn_at=pd.Timestamp("2026-01-01"))
    held = pd.concat([rows.assign(withdrawn_at=pd.NaT), gone])
    held.to_parquet(wave / "part-0.parquet")
    listed = root / list_path("predictions", 1)
    listed.parent.mkdir()
    waves = Waves(version=1, waves=waves_of([(wave.name, "ok", len(held))]))
    listed.write_text(waves.model_dump_json())
    (root / "_lake.json").write_text(Mark(schema_version=3, format="parquet").model_dump_json())
    return root


@pytest.fixture
def lakes(tmp_path: Path) -> list[str]:
    found = [answers(ROWS, side) for side in (0, 1)]
    found[1] = found[1].drop(index=0)  # B has not answered the first row
    return [str(lake(tmp_path / name, rows)) for name, rows in zip("ab", found, strict=True)]


def compared(a: pd.DataFrame, b: pd.DataFrame) -> Comparison:
    return compare(beside(a, b), CONFIG.domain, CONFIG.evaluate)


def part_of(found: Comparison, entity: str) -> Part:
    (part,) = (one for one in found.parts if one.entity == entity)
    return part


def scores_of(found: Comparison, entity: str = "all") -> Scores:
    scores = part_of(found, entity).scores
    assert scores is not None
    return scores


def test_each_row_of_both_is_the_same_changed_gained_or_lost(lakes: list[str]) -> None:
    found = compared(*map(lake_answers, lakes))
    whole = part_of(found, "all")
    assert (whole.both, whole.only_a, whole.only_b) == (6, 1, 0)
    assert (whole.same, whole.changed, whole.gained, whole.lost) == (1, 3, 1, 1)
    assert whole.same_quantity == 1
    assert [one.entity for one in found.parts] == ["all", "(other)", "item_weight", "voltage"]
    assert part_of(found, "voltage").lost == 1
    assert sum(one.both for one in found.parts[1:]) == whole.both


def test_f1_is_the_challenges_on_rows_with_a_label(lakes: list[str]) -> None:
    found = compared(*map(lake_answers, lakes))
    weight = scores_of(found, "item_weight")
    assert weight.rows == 2
    # one right and one wrong, each another one: 2 TP / (2 TP + FP)
    assert (weight.f1_a, weight.f1_b) == pytest.approx((2 / 3, 2 / 3))
    assert weight.difference_interval[0] < 0 < weight.difference_interval[1]
    voltage = scores_of(found, "voltage")
    assert voltage.rows == 2  # of which one says that the picture does not say
    assert (voltage.f1_a, voltage.f1_b) == (0.0, 1.0)
    assert part_of(found, "(other)").scores is None  # its label cannot be read


def test_the_interval_is_of_pairs_of_whole_pictures() -> None:
    right = [(f"l{n}", "voltage", f"{n} volt", f"{n} volt", 0.9) for n in range(1, 101)]
    rows = [(*row, "9999 volt" if n % 2 else row[3], 0.9) for n, row in enumerate(right)]
    same = compared(answers(rows, 1), answers(rows, 1))
    assert scores_of(same).difference_interval == (0.0, 0.0)  # two samples apart would move
    low, high = scores_of(compared(answers(rows, 0), answers(rows, 1))).difference_interval
    assert -0.45 < low < -0.3 < high + 0.1 < 0
    one_picture = [("l0", *row[1:]) for row in rows]
    found = compared(answers(one_picture, 0), answers(one_picture, 1))
    low, high = scores_of(found).difference_interval
    assert low == high


def test_the_surest_that_differ_come_first(lakes: list[str]) -> None:
    found = compared(*map(lake_answers, lakes)).differing
    assert found["image_link"].tolist() == ["l4", "l3", "l2", "l3", "l6"]


def test_the_command_tells_it_and_writes_a_page_and_a_table(
    lakes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, table = tmp_path / "out.html", tmp_path / "out.csv"
    words = ["compare", "--lake", lakes[0], "--lake", lakes[1], "--set", "evaluate.bootstrap=50"]
    main([*words, "--out", str(page), "--top", "2"])
    said = capsys.readouterr().out
    assert "lost voltage: 220 volt (0.99) -> no answer, l4" in said
    assert "changed item_weight: 4 ounce (0.95) -> 3 ounce (0.97), label '3 ounce', l3" in said
    assert "1 of the changed are the same quantity in another unit" in said
    assert f"comparison: {page}" in said
    text = page.read_text()
    assert "1 &lt;script&gt;" in text
    assert "<script" not in text
    main([*words, "--out", str(table)])
    rows = pd.read_csv(table, keep_default_na=False)
    assert rows["kind"].tolist() == ["lost", "changed", "changed", "gained", "changed"]


def test_files_are_compared_by_what_they_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = tmp_path / "a.parquet", tmp_path / "b.csv"
    told = ["image_link", "entity_name", "prediction", "confidence"]
    answers(ROWS, 0)[told].to_parquet(a)
    answers(ROWS[::-1], 1)[told].to_csv(b, index=False)
    found = compared(file_answers(a), file_answers(b))
    assert part_of(found, "all").both == len(ROWS)
    assert not found.labelled
    main(["compare", "--predictions", str(a), str(b)])
    assert "F1" not in capsys.readouterr().out


def test_rows_are_told_by_any_columns_that_both_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = tmp_path / "a.parquet", tmp_path / "b.csv"
    told = pd.DataFrame({"sku": [7, 8, 9], "entity_name": "width", "prediction": ["1 inch"] * 3})
    told.to_parquet(a)
    told[::-1].assign(prediction=["2 inch", "1 inch", "1 inch"]).to_csv(b, index=False)
    main(["compare", "--predictions", str(a), str(b), "--by", "sku,entity_name"])
    said = capsys.readouterr().out
    (width,) = (line.split() for line in said.splitlines() if line.startswith("width"))
    assert width[1:4] == ["3", "2", "1"]  # both, same, changed
    assert said.endswith("changed width: 1 inch -> 2 inch\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--predictions", "a.csv"], "compare takes two"),
        (["--predictions", "a.csv", "no.parquet"], "no.parquet: cannot be read"),
        (["--predictions", "a.csv", "other.csv"], "no row is in both, as told by index"),
        (["--predictions", "a.csv", "a.csv", "--by", "sku"], "not in both: sku"),
        (
            ["--predictions", "a.csv", "a.csv", "--out", "a.pdf"],
            "name a file that ends in .html or .csv",
        ),
        (["--lake", "none", "--predictions", "a.csv"], "none: no answers there"),
        (["--predictions", "a.csv", "bare.csv"], "no column `prediction`"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("index,prediction\n0,1 inch\n")
    Path("other.csv").write_text("index,prediction\n7,1 inch\n")
    Path("bare.csv").write_text("index\n0\n")
    with pytest.raises(SystemExit) as caught:
        main(["compare", *words])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
