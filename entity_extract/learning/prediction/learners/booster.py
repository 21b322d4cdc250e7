"""LightGBM: training that may stop early, and its model text, read without letting a broken one
end the process."""

import re

import lightgbm as lgb

_TREE_SIZES = re.compile(rb"^tree_sizes=([\d ]*)\r?$", re.MULTILINE)


def read_booster(text: str) -> lgb.Booster:
    """Raises ValueError for anything that is not a whole LightGBM model.

    The text is measured first: LightGBM ends the process on a text that breaks off in a tree.
    """
    if not _is_whole(text.encode()):
        raise ValueError("not a LightGBM model text, or a part of one")
    try:
        return lgb.Booster(model_str=text)
    except lgb.basic.LightGBMError as error:
        raise ValueError(f"not a LightGBM model text: {error}") from error


def _is_whole(text: bytes) -> bool:
    """Whether the trees take just the bytes that the header says."""
    sizes = _TREE_SIZES.search(text)
    if not text.startswith(b"tree\n") or sizes is None:
        return False
    first, end = text.find(b"Tree=0\n"), text.find(b"end of trees")
    return 0 < first < end and end - first == sum(map(int, sizes[1].split()))
