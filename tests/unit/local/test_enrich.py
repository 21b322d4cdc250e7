"""`enrich` on a machine that has neither Spark nor Java: what it says, leaves and outlives."""

import json
import os
import signal

import pandas as pd

from tests.unit.local.runs import Local, seen


def test_a_small_catalog_is_answered_without_java_and_without_spark(local: Local) -> None:
    answers = local.folder / "answers.csv"
    local.catalog(*(local.server.url(f"/{name}.png") for name in ("a", "b", "gone")))
    done = local.run("--answers", f"{answers}", "--set", "quality.min_answered=0.9")
    assert done.returncode == 4, done.stderr  # two of three
    assert "read: 3 new rows" in done.stdout
    assert "http_error 1: HTTP 404" in done.stdout
    found = pd.read_csv(answers, keep_default_na=False)["prediction"].tolist()
    assert found == ["500 gram", "250 gram", ""]
    (manifest,) = (json.loads(path.read_text()) for path in (local.lake / "runs").glob("*.json"))
    assert manifest["engine"] == "local"
    assert "spark" not in manifest
    assert "WARNING" not in done.stderr


def test_where_spark_is_wanted_and_not_there_the_command_says_what_to_install(
    local: Local,
) -> None:
    local.catalog(local.server.url("/a.png"))
    done = local.run("--set", "lake.format=delta")
    assert done.returncode == 2
    wants = "lake.format = 'delta' wants Spark and Java: pip install \"entity-extract[spark]\""
    assert wants in done.stderr


def test_a_run_killed_between_waves_keeps_what_it_has_published(local: Local) -> None:
    slow = local.server.url("/hang.jpg")
    links = [local.server.url(f"/{name}.png") for name in ("a", "b")]
    local.catalog(*links, slow)
    waves = ("--set", "lake.wave_links=2")
    with local.running(*waves) as process:
        seen(process, lambda: local.server.asked["/hang.jpg"] > 0)
        os.killpg(process.pid, signal.SIGKILL)
    assert local.states() == ["running"]
    assert local.read() == ["a.png", "b.png"]
    local.catalog(*links)
    done = local.run(*waves)
    assert done.returncode == 0, done.stderr
    assert "left this lake without a word; taking over" in done.stderr
    assert "read: 0 new rows" in done.stdout
    assert local.states() == ["running", "succeeded"]
    assert not list((local.lake / "_staging").glob("*"))
