"""Paths as Spark reads them, which takes some letters for patterns."""

import re
from typing import Final

_OF_PATTERNS: Final = re.compile(r"[{}\[\]*?\\]")


def literal(url: str) -> str:
    """The URL by its letters."""
    return _OF_PATTERNS.sub(r"\\\g<0>", url)
