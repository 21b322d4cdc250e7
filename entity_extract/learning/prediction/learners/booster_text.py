"""Whether a LightGBM model text can be walked safely: checked before LightGBM, which believes it.

A child that points back makes LightGBM walk for ever, one outside of the tree, or a feature outside
of the row, reads foreign memory and ends the process; and so does a text that breaks off.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

BOOSTER_START: Final = b"tree\n"  # with which every LightGBM text begins

_HEADER_LINE: Final = re.compile(r"(?m)^([a-z_]+)=(.*)$")
_END: Final = "end of trees"
_INTEGER: Final = re.compile(r"-?[0-9]{1,9}")
_NUMBER: Final = re.compile(r"[-+0-9.eE]+")  # no nan, no inf
_CATEGORICAL: Final = 1  # of the bits of a decision's type


def check_booster_text(text: str) -> None:
    """Raises ValueError for anything but a whole model of trees over its own features, in which
    every node and leaf is reached once: so a walk ends, and inside the arrays.

    Categorical splits and linear leaves, which nothing here fits, are refused, too.
    """
    first, end = text.find("Tree=0\n"), text.find(_END)
    if not text.startswith(BOOSTER_START.decode()) or not 0 < first < end:
        raise ValueError("not a LightGBM model text, or a part of one")
    header = dict(_HEADER_LINE.findall(text[:first]))
    features = _count(header, "max_feature_idx", least=0) + 1
    if len(header.get("feature_names", "").split()) != features:
        raise ValueError(f"not a LightGBM model text: {features} features, not as many names")
    number = 0
    for number, tree in enumerate(_trees(text[first:end], header), 1):
        try:
            _check_tree(tree, features)
        except ValueError as err:
            raise ValueError(f"not a LightGBM model text: tree {number - 1}: {err}") from None
    at_once = _count(header, "num_tree_per_iteration", least=1)
    if _count(header, "num_class", least=1) != at_once or number % at_once:
        raise ValueError(f"not a LightGBM model text: {number} trees for {at_once} outputs")


def _trees(text: str, header: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The fields of each tree. Raises ValueError where they are not of the sizes announced."""
    sizes = _integers(header.get("tree_sizes", ""))
    content = text.encode()
    if sum(sizes) != len(content):
        raise ValueError("not a LightGBM model text, or a part of one")
    start = 0
    for number, size in enumerate(sizes):
        lines = content[start : start + size].decode().rstrip("\n").split("\n")
        fields = dict(line.partition("=")[::2] for line in lines)
        if size <= 0 or lines[0] != f"Tree={number}" or len(fields) != len(lines):
            raise ValueError(f"not a LightGBM model text: tree {number} is not where it should be")
        yield fields
        start += size


def _check_tree(tree: Mapping[str, str], features: int) -> None:
    leaves = _count(tree, "num_leaves", least=1)
    if tree.get("num_cat") != "0" or tree.get("is_linear", "0") != "0":
        raise ValueError("it has categorical splits or linear leaves")
    _numbers(tree, "leaf_value", leaves)
    _numbers(tree, "shrinkage", 1)
    if leaves == 1:
        return
    inner = leaves - 1
    _numbers(tree, "threshold", inner)
    for split in _some(tree, "split_feature", inner):
        if not 0 <= split < features:
            raise ValueError(f"it splits by feature {split} of {features}")
    for decision in _some(tree, "decision_type", inner):
        if decision < 0 or decision & _CATEGORICAL:
            raise ValueError(f"decision type {decision}")
    _check_reached_once(_some(tree, "left_child", inner), _some(tree, "right_child", inner))


def _check_reached_once(left: list[int], right: list[int]) -> None:
    """Children are inner nodes from 1, or leaves as -1 and below; node 0 is the root."""
    inner = len(left)
    # Each but the root is a child once, so that what hangs on the root ends in leaves; what does
    # not hang on it would be a ring, and is found by walking.
    if sorted(left + right) != [place for place in range(-inner - 1, inner) if place]:
        raise ValueError("some nodes are the children of none, or of several, or lie outside")
    reached, open_nodes = 0, [0]
    while open_nodes:
        node = open_nodes.pop()
        reached += 1
        open_nodes += [child for child in (left[node], right[node]) if child > 0]
    if reached != inner:
        raise ValueError("its nodes go round in a ring")


def _count(fields: Mapping[str, str], name: str, *, least: int) -> int:
    found = _integers(fields.get(name, ""))
    if len(found) != 1 or found[0] < least:
        raise ValueError(f"not a LightGBM model text: {name}={fields.get(name)}")
    return found[0]


def _some(fields: Mapping[str, str], name: str, size: int) -> list[int]:
    found = _integers(fields.get(name, ""))
    if len(found) != size:
        raise ValueError(f"{len(found)} of {size} values of {name}")
    return found


def _integers(text: str) -> list[int]:
    values = text.split()
    if not all(map(_INTEGER.fullmatch, values)):
        raise ValueError(f"not a LightGBM model text: no integers: {text[:40]!r}")
    return list(map(int, values))


def _numbers(fields: Mapping[str, str], name: str, size: int) -> None:
    values = fields.get(name, "").split()
    if len(values) != size:
        raise ValueError(f"{len(values)} of {size} values of {name}")
    for value in values:
        if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
            raise ValueError(f"{name}: {value[:40]!r} is no finite number")
