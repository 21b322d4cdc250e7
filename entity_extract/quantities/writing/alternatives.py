"""Many words as one regular expression that looks at each of their letters once."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, product, zip_longest
from typing import Any, Final

SEPARATORS: Final = " .,:-"  # inside a spelling: "fl. oz", "fl-oz", and "fl, oz" as OCR has it
GAP: Final = rf"[{re.escape(SEPARATORS)}]{{0,3}}"
_INNER_GAP: Final = re.compile(rf"(?<=.)[{re.escape(SEPARATORS)}]+(?=.)")
_SOME_GAP: Final = GAP.replace("0", "1")
_END: Final = ""  # the key of a word's end in a tree of letters
_Tree = dict[str, Any]


def longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def alternatives(words: Iterable[str]) -> str:
    """Regular expression source that takes the longest word, with any separators in it.

    A tree of letters: hundreds of spellings one after the other would be tried at every number.
    A word with a space is there without it, too, so that only one branch can ever go on.
    """
    tree: _Tree = {}
    for word in chain.from_iterable(map(_with_and_without_spaces, words)):
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})
        node[_END] = None
    return _source(tree) if tree else "(?!)"


def _with_and_without_spaces(word: str) -> Iterator[str]:
    parts = _INNER_GAP.split(word)
    for joints in product((" ", ""), repeat=len(parts) - 1):
        yield "".join(chain.from_iterable(zip_longest(parts, joints, fillvalue="")))


def _source(tree: _Tree) -> str:
    """Of what may follow; to end here is tried last, so that the longest word is taken."""
    branches = [
        (_SOME_GAP if letter == " " else re.escape(letter)) + _source(rest)
        for letter, rest in sorted(tree.items())
        if letter != _END
    ]
    if not branches:
        return ""
    if len(branches) == 1 and _END not in tree:
        return branches[0]
    return f"(?:{'|'.join(branches)}){'?' if _END in tree else ''}"
