"""What the pages name is there: links, options, configuration keys, files."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from entity_extract.commands.table import COMMANDS
from entity_extract.config import Config, load_config
from tests.docs.pages import PAGES, ROOT

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    for link in (x for x in links if "://" not in x):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_page
def test_every_option_that_is_named_with_its_job_is_one_of_it(page: Path) -> None:
    """As in `jobs.vacuum --retry not_an_image`. Of whole commands test_accounts.py asks more."""
    spans = re.findall(r"`jobs\.(\w+)\s([^`]+)`", page.read_text("utf-8"))
    for name, said in spans:
        (command,) = (one for one in COMMANDS if one.name == name.replace("_", "-"))
        parser = argparse.ArgumentParser()
        command.options(parser)
        for option in (word for word in shlex.split(said) if word.startswith("--")):
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
