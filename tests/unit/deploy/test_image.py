"""deploy/Dockerfile by the rules of Dockerfile linters, and by hadolint where there is one."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "deploy/Dockerfile"


class Instruction(NamedTuple):
    name: str  # in capitals
    text: str  # on one line
    stage: int  # from 0; -1 before the first FROM


def instructions(text: str) -> list[Instruction]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found: list[Instruction] = []
    stage = -1
    for line in filter(None, map(str.strip, whole.splitlines())):
        name, _, rest = line.partition(" ")
        stage += name.upper() == "FROM"
        found.append(Instruction(name.upper(), rest.strip(), stage))
    return found


def broken_rules(text: str) -> set[str]:
    """Hadolint's names of the rules that a Dockerfile breaks, of those below."""
    all_of_it = instructions(text)
    last = [one for one in all_of_it if one.stage == all_of_it[-1].stage]
    return {rule for rule, broken in RULES.items() if broken(all_of_it, last)}


def of(name: str, found: list[Instruction]) -> list[str]:
    return [one.text for one in found if one.name == name]


def _untagged(found: list[Instruction], _: list[Instruction]) -> bool:
    defaults = dict(text.split("=", 1) for text in of("ARG", found) if "=" in text)
    images = [
        re.sub(r"\$\{?(\w+)\}?", lambda m: defaults.get(m[1], ""), text.split()[0])
        for text in of("FROM", found)
    ]
    return any(":" not in image or image.endswith(":latest") for image in images)


def _of_no_stage(found: list[Instruction], _: list[Instruction]) -> bool:
    stages = {text.split()[-1] for text in of("FROM", found) if " AS " in text.upper()}
    names = [name for text in of("COPY", found) for name in re.findall(r"--from=(\S+)", text)]
    return any(name not in stages for name in names)


def _as_root(_: list[Instruction], last: list[Instruction]) -> bool:
    users = of("USER", last)
    return not users or users[-1].split(":")[0] in ("root", "0") or not users[-1][0].isdigit()


def _any_run(broken: Callable[[str], object]) -> Callable[..., bool]:
    return lambda found, last: any(map(broken, of("RUN", found)))


def _apt(text: str) -> bool:
    return "apt-get install" in text


RULES: dict[str, Callable[[list[Instruction], list[Instruction]], bool]] = {
    "DL3000 absolute WORKDIR": lambda found, _: any(t[0] != "/" for t in of("WORKDIR", found)),
    "DL3002 last USER is not root, and a number": _as_root,
    "DL3004 no sudo": _any_run(lambda text: re.search(r"\bsudo\b", text)),
    "DL3006 tagged, DL3007 not latest": _untagged,
    "DL3009 no lists of apt": _any_run(
        lambda text: _apt(text) and "rm -rf /var/lib/apt/lists/*" not in text
    ),
    "DL3014 apt-get asks nothing": _any_run(lambda text: _apt(text) and "install -y" not in text),
    "DL3015 nothing but what is named": _any_run(
        lambda text: _apt(text) and "--no-install-recommends" not in text
    ),
    "DL3020 COPY, not ADD": lambda found, _: bool(of("ADD", found)),
    "DL3022 COPY --from a stage": _of_no_stage,
    "DL3025 CMD and ENTRYPOINT are lists": lambda found, _: any(
        text[0] != "[" for text in of("CMD", found) + of("ENTRYPOINT", found)
    ),
    "DL3042 no cache of pip": _any_run(
        lambda text: len(re.findall("pip install", text)) != text.count("--no-cache-dir")
    ),
    "DL4003, DL4004 one CMD and ENTRYPOINT": lambda _, last: any(
        len(of(name, last)) != 1 for name in ("CMD", "ENTRYPOINT")
    ),
    "DL4006 a pipe that fails is seen": lambda found, _: any(
        "pipefail" not in " ".join(of("SHELL", [o for o in found if o.stage == one.stage]))
        for one in found
        if one.name == "RUN"
    ),
}


def test_the_image_keeps_the_rules() -> None:
    assert broken_rules(DOCKERFILE.read_text()) == set()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("USER 185:185", "USER root", "DL3002"),
        ("USER 185:185", "USER spark", "DL3002"),
        ("debian:12.12-slim", "debian", "DL3006"),
        (" && rm -rf /var/lib/apt/lists/*", "", "DL3009"),
        ("--no-install-recommends", "", "DL3015"),
        ("--from=build", "--from=built", "DL3022"),
        ('CMD ["entity-extract", "--help"]', "CMD entity-extract --help", "DL3025"),
        ("--no-cache-dir --use-pep517", "--use-pep517", "DL3042"),
        ("COPY jobs jobs", "ADD jobs jobs", "DL3020"),
        (', "-euo", "pipefail"', "", "DL4006"),
    ],
)
def test_a_rule_that_is_broken_is_seen(old: str, new: str, rule: str) -> None:
    text = DOCKERFILE.read_text()
    assert old in text
    assert rule in " ".join(broken_rules(text.replace(old, new)))


def test_the_last_stage_holds_what_runs_and_no_more() -> None:
    found = instructions(DOCKERFILE.read_text())
    last = [one for one in found if one.stage == 1]
    assert {one.stage for one in found} == {-1, 0, 1}
    installed = " ".join(of("RUN", last))
    for needed in ("tini", "openjdk-17-jre-headless", "tesseract-ocr", "libgomp1", "procps"):
        assert needed in installed
    for absent in ("pip install", "venv", "git", "make", "chromium", "gcc"):
        assert not re.search(rf"\b{absent}\b", installed), absent
    assert not any("tests" in text for text in of("COPY", found))
    copied = [text.split()[-2] for text in of("COPY", found) if "--from" not in text]
    assert "deploy" in copied
    assert all((ROOT / path).exists() for path in copied if "/" not in path)


def test_the_device_is_chosen_by_a_build_argument() -> None:
    text = DOCKERFILE.read_text()
    assert "DEVICE=cpu" in of("ARG", instructions(text))
    for line in ("cpu)", "gpu)", "*)"):
        assert line in text
    pins = re.findall(
        r"^(torch|torchvision)==", (ROOT / "deploy/constraints.txt").read_text(), re.M
    )
    assert sorted(pins) == ["torch", "torchvision"]


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not here")
    # DL3008: versions of Debian's packages are those of the pinned release.
    done = subprocess.run(
        [hadolint, "--ignore", "DL3008", DOCKERFILE], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
