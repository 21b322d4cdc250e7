"""What accounts.py says of the commands that are not run as they stand is so."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.accounts import (
    BLOCKS_ELSEWHERE,
    ELSEWHERE,
    EXCUSES,
    block_elsewhere,
    elsewhere,
    excuse_of,
    is_mention,
)
from tests.docs.pages import ROOT, Command, every_block, every_command
from tests.docs.promises import parsed

EVERY = every_command()


def excused(name: str) -> list[str]:
    """Commands of this excuse, each once."""
    found = (one.text for one in EVERY if excuse_of(one) == name and not elsewhere(one))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("test", [*ELSEWHERE, *BLOCKS_ELSEWHERE])
def test_a_test_that_is_named_is_there_and_is_about_what_it_runs(test: str) -> None:
    file, _, name = test.partition("::")
    source = (ROOT / file).read_text("utf-8")
    assert name in {one.name for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)}
    for said in ELSEWHERE.get(test, []):
        assert subject(said) in source, said
    for page, _ in BLOCKS_ELSEWHERE.get(test, []):
        assert Path(page).name in source, page


def subject(text: str) -> str:
    """What a test that runs it has to name: the file that it names of ours, else its job."""
    words = [word for word in shlex.split(text) if not re.fullmatch(r"\w+=\S+|sudo", word)]
    for word in words:
        if "/" in word and (ROOT / word).is_file():
            return "submit" if word == "deploy/submit.sh" else Path(word).name
    if words[1:2] == ["COMMAND"] or words[-1].startswith("jobs.<"):
        return "--help"
    last = words[2] if words[:2] == ["python", "-m"] else words[1]
    return last.removeprefix("jobs.").replace("-", "_")


def test_everything_that_is_accounted_for_stands_on_a_page() -> None:
    texts = {command.text for command in EVERY}
    assert [text for said in ELSEWHERE.values() for text in said if text not in texts] == []
    blocks = every_block()
    for test, said in BLOCKS_ELSEWHERE.items():
        assert sum(block_elsewhere(block) == test for block in blocks) == len(said), test
    assert {name for name in map(excuse_of, EVERY) if name} == set(EXCUSES)


def test_a_command_of_ours_has_no_excuse() -> None:
    """It runs, here or in a test that is named."""
    named = re.compile(r"\bentity-extract [a-z]|(?<!tests/)\bjobs[./]")
    ours = [one for one in EVERY if named.search(one.text)]
    assert len(ours) > 30
    assert [one.text for one in ours if excuse_of(one) and not elsewhere(one)] == []


@pytest.mark.parametrize("command", EVERY, ids=lambda one: one.text)
def test_a_command_is_one_that_our_parser_takes(command: Command) -> None:
    form = any(word in command.text for word in ("COMMAND", "<name>", "STATUS"))
    if not form and not is_mention(command):
        parsed(command.text)


def test_each_extra_is_one_of_the_package() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = re.findall(r"entity-extract\[([\w,]+)\]", "\n".join(excused("index")))
    assert len(named) > 5
    assert {extra for names in named for extra in names.split(",")} <= set(extras)


def test_make_has_each_target_and_each_file_of_tests_is_there() -> None:
    for text in dict.fromkeys(one.text for one in EVERY):
        if " make " in f" {text}":
            recipe(text.partition(" [")[0])
        for path in re.findall(r"tests/[\w/.]+", text):
            assert (ROOT / path).exists(), text


def recipe(text: str) -> str:
    """What make would do."""
    done = subprocess.run(
        ["bash", "-c", text.replace("make ", "make -n ", 1)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{text}: {done.stderr}"
    return done.stdout


def test_what_measures_knows_its_options() -> None:
    """As each says by --help, all of them asked in one process."""
    lines = [text for text in excused("measure") if text.startswith("python")]
    for text in excused("measure"):
        if text.startswith("make"):
            made = recipe(text.partition(" [")[0])
            lines += [line for line in made.splitlines() if " -m " in line]
    wanted = []
    for line in lines:
        words = shlex.split(line.removeprefix("@"))
        if "-m" in words and words[(at := words.index("-m")) + 1] != "pip":
            options = [word for word in words[at + 2 :] if word.startswith("--")]
            wanted.append((words[at + 1], options))
    assert len(wanted) > 10
    done = subprocess.run(
        [sys.executable, "-c", _HELP, *dict(wanted)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    helps = dict(part.split("\n", 1) for part in done.stdout.split("\f") if part.strip())
    for module, options in wanted:
        for option in options:
            assert re.search(rf"{option}\b", helps[module]), f"{module} {option}"


_HELP = """
import runpy, sys
for module in sys.argv[1:]:
    print("\\f" + module, flush=True)
    sys.argv = [module, "--help"]
    try:
        runpy.run_module(module, run_name="__main__")
    except SystemExit as ended:
        assert not ended.code, module
"""


def test_the_command_for_a_cluster_is_one_that_spark_submit_takes() -> None:
    texts = [one.text for one in EVERY if re.match(r"deploy/submit\.sh [^…]+$", one.text)]
    assert texts
    for text in texts:
        dry = text.replace("submit.sh", "submit.sh --dry-run")
        done = subprocess.run(["bash", "-c", dry], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        words = shlex.split(done.stdout)
        job = words.index("jobs/enrich.py")
        assert "yarn" in words[:job]
        assert set(words[job + 1 :]) <= set(text.split())
