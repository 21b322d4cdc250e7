"""What a lake says of itself without Spark, from the files that runs leave."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from entity_extract.config import CatalogConfig, QualityConfig
from entity_extract.errors import UserError
from entity_extract.lake.files import LakeFiles, Mark
from entity_extract.lake.holder import process_mark, this_machine
from entity_extract.lake.status_report import TableStatus, lake_status
from entity_extract.lake.status_text import status_text
from entity_extract.lake.waves import Wave, Waves, list_path, waves_of
from entity_extract.quality.judged import judged
from entity_extract.schema import TABLES
from tests.unit.quality.cases import figures, groups

ROWS = {
    "wave=r1-00000": [("a", "ok", ""), ("b", "ok", ""), ("c", "http_error", "HTTP 404")],
    "wave=r1-00000-open": [("d", "timeout", "no complete answer in 20 s")],
    "wave=r0-dead": [("a", "ok", ""), ("z", "ok", "")],  # not in the list: it does not count
}


def run_of(run_id: str, state: str, **more: object) -> dict[str, object]:
    return {
        "run_id": run_id,
        "job": "enrich",
        "state": state,
        "started": "2026-11-24T08:00:00+00:00",
        "seconds": 12.5,
        "versions": {"reader_version": "v1"},
        "stages": {"read": {"rows": 4}},
        **more,
    }


def write_list(lake: Path, table: str, waves: Waves) -> None:
    place = lake / list_path(table, waves.version)
    place.parent.mkdir(exist_ok=True)
    place.write_text(waves.model_dump_json())


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    counts = []
    for wave, rows in ROWS.items():
        folder = tmp_path / "images" / wave
        folder.mkdir(parents=True)
        frame = pd.DataFrame(rows, columns=["image_link", "status", "reason"])
        frame.assign(reader_version="v1").to_parquet(folder / "part-0.parquet")
        if "dead" not in wave:
            counts += [(wave, status, n) for status, n in frame["status"].value_counts().items()]
    waves = Waves(version=1, waves=waves_of(counts))
    write_list(tmp_path, "images", waves)
    (tmp_path / "_lake.json").write_text(Mark(schema_version=2, format="parquet").model_dump_json())
    (tmp_path / "runs").mkdir()
    for run in (run_of("20261124T08-a", "succeeded"), run_of("20261124T09-b", "running")):
        (tmp_path / "runs" / f"{run['run_id']}.json").write_text(json.dumps(run))
    return tmp_path


def test_only_what_counts_is_counted(lake: Path) -> None:
    status = lake_status(str(lake))
    images = status.tables["images"]
    assert (images.rows, images.rows_open, images.waves) == (4, 1, 2)
    assert images.by_status == {"http_error": 1, "ok": 2, "timeout": 1}
    assert status.tables["predictions"].rows == 0


def test_a_table_that_only_others_know_of_is_counted_and_a_folder_that_is_none_is_not(
    lake: Path,
) -> None:
    (lake / "notes").mkdir()
    (lake / "reviews").mkdir()
    waves = Waves(version=1, waves=waves_of([("wave=r1-0", "", 3), ("wave=r1-0-open", "", 2)]))
    write_list(lake, "reviews", waves)
    tables = lake_status(str(lake)).tables
    assert list(tables) == [*(table.name for table in TABLES), "reviews"]
    assert (tables["reviews"].rows, tables["reviews"].rows_open) == (5, 2)


def test_so_is_one_in_a_lake_of_delta_tables_whatever_its_columns(tmp_path: Path) -> None:
    (tmp_path / "_lake.json").write_text(Mark(schema_version=2, format="delta").model_dump_json())
    write_deltalake(tmp_path / "prices", pd.DataFrame({"price": [1.0, 2.0]}))
    own = pd.DataFrame({"id": ["a", "b"], "wave": ["wave=r1-0"] * 2, "open": [True, False]})
    write_deltalake(tmp_path / "reviews", own)
    tables = lake_status(str(tmp_path)).tables
    assert (tables["prices"].rows, tables["prices"].waves) == (2, 0)
    assert tables["reviews"] == TableStatus(rows=2, rows_open=1, waves=1)
    assert tables["images"] == TableStatus()


def test_it_tells_why_pictures_failed_and_how_runs_ended(lake: Path) -> None:
    status = lake_status(str(lake))
    assert status.failed == {
        "http_error": {"HTTP 404": 1},
        "timeout": {"no complete answer in 20 s": 1},
    }
    text = status_text(status)
    assert "timeout 1: no complete answer in 20 s" in text
    assert "20261124T08-a enrich succeeded, 2026-11-24 08:00, 12 s, read 4" in text
    assert "20261124T09-b enrich killed" in text  # running, yet without a lease


def test_failures_are_counted_a_few_at_a_time_however_many_there_are(tmp_path: Path) -> None:
    wave = tmp_path / "images/wave=r1-00000"
    wave.mkdir(parents=True)
    rows = 1_200_000
    told = [f"an HTML page of shop {n % 7 and n:0200}" for n in range(rows // 12)]
    frame = pa.table({"status": ["not_an_image"] * len(told), "reason": told})
    pq.write_table(pa.concat_tables([frame] * 12), wave / "part-0.parquet", row_group_size=2**16)
    counted = waves_of([(wave.name, "not_an_image", rows)])
    write_list(tmp_path, "images", Waves(version=1, waves=counted))
    (tmp_path / "_lake.json").write_text(Mark(schema_version=2, format="parquet").model_dump_json())
    own, memory = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(memory)
    try:
        failed = lake_status(str(tmp_path)).failed
    finally:
        pa.set_memory_pool(own)
    most_frequent, *_ = failed["not_an_image"].items()
    assert most_frequent == (told[0], 12 * -(-len(told) // 7))
    assert len(failed["not_an_image"]) == 3
    assert memory.max_memory() < rows * len(told[0]) / 2


def test_it_tells_what_the_answers_of_the_latest_run_are_like(lake: Path) -> None:
    assert "quality" not in status_text(lake_status(str(lake)))
    config = QualityConfig(min_answered=0.9)
    found = judged(figures(groups("width", {"inch": 8, "": 2})), None, config, trial=False)
    told = run_of("20261124T08-c", "succeeded", quality=found.model_dump(mode="json"))
    (lake / "runs" / "20261124T08-c.json").write_text(json.dumps(told))
    text = status_text(lake_status(str(lake)))
    assert "quality: answered 8 of 10 (80.0%), links read 8 of 10 (80.0%)" in text
    assert "(20261124T08-c)" in text
    assert "answered 0.8: at least quality.min_answered = 0.9, not so" in text


def test_it_tells_who_writes(lake: Path) -> None:
    (lake / "_lease").mkdir()
    claim = {"run_id": "20261124T09-b", "job": "enrich", "host": "h"}
    (lake / "_lease" / "20261124T09-b.json").write_text(json.dumps(claim))
    text = status_text(lake_status(str(lake)))
    assert "being written by 20261124T09-b (enrich on h)" in text
    assert "20261124T09-b enrich running" in text


def test_a_run_whose_process_on_this_machine_was_killed_is_known_to_be_at_once(lake: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as holder:
        machine, process = this_machine(), process_mark(holder.pid)
        claim = {"run_id": "20261124T09-b", "job": "enrich", "host": "h", "machine": machine}
        (lake / "_lease").mkdir()
        place = lake / "_lease" / "20261124T09-b.json"
        place.write_text(json.dumps(claim | {"process": process}))
        assert lake_status(str(lake)).runs[-1]["state"] == "running"
        holder.kill()
        holder.wait()
        assert lake_status(str(lake)).runs[-1]["state"] == "killed"
        assert lake_status(str(lake)).writing == ()
    place.write_text(json.dumps(claim | {"process": process, "machine": "another"}))
    assert lake_status(str(lake)).runs[-1]["state"] == "running"


def test_links_with_blanks_around_them_are_read_once_they_are_read(
    lake: Path, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.csv"
    links = ["a", " b", "e ", "  ", ""]
    frame = pd.DataFrame({"image_link": links, "group_id": 1, "entity_name": "width"})
    frame.to_csv(catalog, index=False)
    wave = lake / "images" / "wave=r1-00000" / "part-0.parquet"
    held = pd.read_parquet(wave)
    held.assign(image_link=held["image_link"].replace("b", " b")).to_parquet(wave)
    assert lake_status(str(lake), catalog=str(catalog)).links_not_read == 1


def test_a_claim_that_is_no_longer_renewed_is_of_a_killed_run(lake: Path) -> None:
    running = run_of("20261124T09-b", "running", config={"lake": {"lease_s": 600.0}})
    (lake / "runs" / "20261124T09-b.json").write_text(json.dumps(running))
    (lake / "_lease").mkdir()
    claim = lake / "_lease" / "20261124T09-b.json"
    claim.write_text(json.dumps({"run_id": "20261124T09-b", "job": "enrich", "host": "h"}))
    renewal = claim.with_name(f"{claim.name}.tmp")
    renewal.write_text('{"run_id": "2026')  # it was killed in the middle of one
    for silent_s, state in ((500, "running"), (700, "killed")):
        for file in (claim, renewal):
            os.utime(file, (time.time() - silent_s,) * 2)
        status = lake_status(str(lake))
        assert len(status.writing) == (state == "running")
        assert [run["state"] for run in status.runs] == ["succeeded", state]
        assert f"20261124T09-b enrich {state}" in status_text(status)
    claim.rename(renewal)  # some file systems have it there alone for a moment
    assert lake_status(str(lake)).writing == ()
    os.utime(renewal)
    assert len(lake_status(str(lake)).writing) == 1


def test_it_tells_how_many_links_of_a_catalog_wait(lake: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("image_link,group_id,entity_name\na,1,width\nz,1,width\ny,1,width\n,1,x\n")
    status = lake_status(str(lake), catalog=str(catalog), config=CatalogConfig())
    assert status.links_not_read == 2


def test_a_folder_that_is_no_lake_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no lake there"):
        lake_status(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="gopher"):
        lake_status("gopher://lake")


def test_the_job_prints_for_people_and_for_programs_and_starts_no_java(lake: Path) -> None:
    command = [sys.executable, "-m", "jobs.status", "--lake", str(lake), "--json"]
    code = "import sys, jobs.status; sys.exit('pyspark' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert printed["tables"]["images"]["rows"] == 4


def test_the_files_that_count_are_the_tables_dataset(lake: Path) -> None:
    found = LakeFiles(lake).dataset("images")
    assert found is not None
    assert sorted(found.to_table()["image_link"].to_pylist()) == ["a", "b", "c", "d"]
    assert LakeFiles(lake).dataset("splits") is None


def test_of_years_of_runs_no_more_manifests_are_read_than_are_shown(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(300):
        run = run_of(f"20270{1 + n % 9}{1 + n // 9:02}T08-{n}", "succeeded")
        (lake / "runs" / f"{run['run_id']}.json").write_text(json.dumps(run))
    read, whole = [], LakeFiles.read_text
    monkeypatch.setattr(
        LakeFiles, "read_text", lambda self, path: read.append(path) or whole(self, path)
    )
    status = lake_status(str(lake))
    newest = sorted(file.stem for file in (lake / "runs").iterdir())[-5:]
    assert [run["run_id"] for run in status.runs] == newest
    assert sum(path.startswith("runs/") for path in read) == 5


class Overtaken(LakeFiles):
    """A writer replaces the open wave each time that the list has been read, so many times."""

    def __init__(self, lake: Path, times: int) -> None:
        super().__init__(lake)
        self.lake, self.left = lake / "images", times

    def waves(self, table: str) -> Waves | None:
        found = super().waves(table)
        if self.left and found is not None:
            self.left -= 1
            (old,) = (wave for wave in found.waves if wave.open)
            new = Wave(name=f"wave=r2-{self.left}-open", rows=1, by_status={"timeout": 1})
            shutil.copytree(self.lake / old.name, self.lake / new.name)
            after = found.changed("r2", without=[old.name], plus=[new])
            write_list(self.lake.parent, table, after)
            shutil.rmtree(self.lake / old.name)
        return found


def test_a_wave_that_is_replaced_while_files_are_listed_is_read_where_it_is_now(lake: Path) -> None:
    found = Overtaken(lake, 1).dataset("images")
    assert found is not None
    assert sorted(found.to_table()["image_link"].to_pylist()) == ["a", "b", "c", "d"]


def test_a_table_that_changes_at_each_look_is_not_read_in_part(lake: Path) -> None:
    with pytest.raises(UserError, match="try again"):
        Overtaken(lake, 100).dataset("images")


def test_a_wave_that_counts_and_has_no_file_is_said_to_be_lost(lake: Path) -> None:
    shutil.rmtree(lake / "images" / "wave=r1-00000-open")
    with pytest.raises(UserError, match=r"wave=r1-00000-open holds no Parquet file"):
        LakeFiles(lake).dataset("images")


def test_a_changed_list_keeps_what_stays_and_grows_its_version() -> None:
    a, b, c = (Wave(name=f"wave={name}", rows=1) for name in "abc")
    first = Waves(version=3, waves=(a, b))
    changed = first.changed("r4", without=["wave=a"], plus=[c])
    superseded = {"wave=a": 4}
    assert changed == Waves(version=4, waves=(b, c), superseded=superseded, run_id="r4")
    changed = changed.changed("r5", without=["wave=b"], forget=["wave=a"])
    assert changed == Waves(version=5, waves=(c,), superseded={"wave=b": 5}, run_id="r5")
