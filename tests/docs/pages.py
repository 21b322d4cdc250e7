"""What the pages tell a reader to type: every line of a shell block, every other block of code, and
commands within sentences."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    sorted([ROOT / "README.md", *ROOT.glob("[!.]*/*.md"), *ROOT.glob(".github/*.md")], key=str)
)
NAMES = tuple(str(page.relative_to(ROOT)) for page in PAGES)

# A span of a sentence is a command where it begins so and says more, or sets a variable.
_PROGRAMS = (
    r"entity-extract|python|spark-submit|pip|make|deploy/[\w/]+\.sh|\.venv/bin/\S+|docker|helm|aws"
    r"|databricks|git|eval|\.|apt-get"
)
_COMMAND = re.compile(rf"(?:sudo )?(?:{_PROGRAMS}) \S|(?:\w+=\S+ )+(?:{_PROGRAMS})\b")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """Code between fences; `kind` is the language that the fence names, "" where it names none."""

    page: str
    section: str
    kind: str
    text: str

    @property
    def start(self) -> str:
        return self.text.partition("\n")[0]


@dataclass(frozen=True)
class Command:
    """`text` is one line, whatever lines it stands on; `comment` is what is said behind it."""

    page: str
    section: str
    text: str
    comment: str = ""
    in_block: bool = False


@cache
def blocks(page: str) -> tuple[Block, ...]:
    text = _text(page)
    return tuple(
        Block(page, _section(text, found.start()), found[1], found[2])
        for found in _FENCE.finditer(text)
    )


@cache
def commands(page: str) -> tuple[Command, ...]:
    """Those of its shell blocks and of its sentences, in the page's order."""
    text = _text(page)
    found = []
    for fence in _FENCE.finditer(text):
        if fence[1] == "sh":
            section = _section(text, fence.start())
            found += [
                (fence.start(), Command(page, section, command, comment, True))
                for command, comment in _lines(fence[2])
            ]
    prose = _FENCE.sub(lambda fence: " " * len(fence[0]), text)  # all stays in its place
    for span in _SPAN.finditer(prose):
        command = " ".join(span[1].split())
        if _COMMAND.match(command):
            found.append((span.start(), Command(page, _section(text, span.start()), command)))
    return tuple(command for _, command in sorted(found, key=lambda one: one[0]))


def every_command() -> tuple[Command, ...]:
    return tuple(command for page in NAMES for command in commands(page))


def every_block() -> tuple[Block, ...]:
    return tuple(block for page in NAMES for block in blocks(page))


def _text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def _section(text: str, place: int) -> str:
    """The nearest heading above; a `#` of a shell block is none."""
    prose = _FENCE.sub(lambda fence: " " * len(fence[0]), text)
    headings = [found[1] for found in _HEADING.finditer(prose) if found.start() < place]
    return headings[-1] if headings else ""


def _lines(block: str) -> list[tuple[str, str]]:
    """Commands, continued lines joined, and what is said behind each."""
    found, command, comments = [], "", []
    for line in block.splitlines():
        said, _, comment = line.partition(" #")
        command = f"{command} {said.strip()}".strip()
        comments.append(comment.strip())
        if command.endswith("\\"):
            command = command.removesuffix("\\").strip()
            continue
        if command and not command.startswith("#"):
            found.append((" ".join(command.split()), " ".join(filter(None, comments))))
        command, comments = "", []
    return found
