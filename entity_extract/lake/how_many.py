"""Counts in words."""


def how_many(count: int, of: str) -> str:
    """`1,204 links`, `1 link`; `of` is the plural."""
    return f"{count:,} {of.removesuffix('s') if count == 1 else of}"
