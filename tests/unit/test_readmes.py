"""What the READMEs name is there: links, make targets, jobs, options, configuration keys."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from entity_extract.commands.table import COMMANDS
from entity_extract.config import Config, load_config

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("[!.]*/*.md"), *ROOT.glob(".github/*.md")], key=str)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def commands(page: Path) -> list[list[str]]:
    """Lines of the page's shell blocks, continued ones joined, comments left out."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    for link in (x for x in links if "://" not in x):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_page
def test_every_make_target_exists(page: Path) -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    spans = re.findall(r"`make ([a-z0-9 -]+?)[`&A-Z=]", page.read_text("utf-8"))
    named = {word for span in spans for word in span.split()}
    named |= {w for c in commands(page) if c[:1] == ["make"] for w in c[1:] if "=" not in w}
    assert named - {"&&"} <= targets


@each_page
def test_every_job_has_the_options_that_it_is_called_with(page: Path) -> None:
    for words in commands(page):
        if words[:2] == ["python", "-m"] and words[2].startswith("jobs."):
            name, said = words[2].removeprefix("jobs.").replace("_", "-"), words[3:]
        elif words[:1] == ["entity-extract"]:
            name, said = words[1], words[2:]
        else:
            continue
        if not name.startswith("-"):
            (command,) = (one for one in COMMANDS if one.name == name)
            parser = argparse.ArgumentParser()
            command.options(parser)
            for option in (word for word in said if word.startswith("--")):
                assert option in parser._option_string_actions, f"{name} {option}"


SCRIPTS = sorted(
    path for path in (ROOT / "deploy").rglob("*") if path.suffix in (".sh", ".yaml", ".service")
)


@pytest.mark.parametrize("page", [*PAGES, *SCRIPTS], ids=lambda p: str(p.relative_to(ROOT)))
def test_every_configuration_key_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    for assignment in re.findall(r"--set \"?([a-z0-9_]+\.[a-z0-9_.]+=[^\s`…)\"$]+)", text):
        if assignment != "section.key=value":
            load_config(assignments=[assignment.strip("'\"")])
    sections = {
        name: field.annotation.model_fields
        for name, field in Config.model_fields.items()
        if hasattr(field.annotation, "model_fields")
    }
    for section, key in re.findall(r"`([a-z]+)\.([a-z_0-9]+)\b(?![(*])", text):
        if section in sections and not (ROOT / "jobs" / f"{key}.py").exists():
            assert key in sections[section], f"{section}.{key}"


@each_page
def test_files_named_with_their_folder_are_there(page: Path) -> None:
    rooms = [ROOT, page.parent, ROOT / "entity_extract", ROOT / "entity_extract/reading"]
    for name in re.findall(r"`([\w./-]+/[\w-]+\.(?:py|toml|sh|yaml))`", page.read_text("utf-8")):
        assert any((room / name).exists() for room in rooms), name
