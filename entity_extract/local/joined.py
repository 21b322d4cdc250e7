"""Catalog rows with what was read and seen in their pictures, as spark/waves.py joins them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.local.catalog import is_blank
from entity_extract.local.decided import Row, is_one_of
from entity_extract.local.lake import LocalLake
from entity_extract.status import Status

Picture = tuple[str, str]  # link, content_sha256
_ABSENT: Row = dict.fromkeys((*schema.READING, "content_sha256", "decided_by", "open"))


@dataclass(frozen=True)
class Versions:
    """Whose words and vectors an answer is made from; None where it is made without."""

    reader: str
    reread: str | None
    encoder: str | None


class Readings:
    """What the lake holds of some links."""

    def __init__(self, lake: LocalLake, links: Collection[str], versions: Versions) -> None:
        self._versions = versions
        self._read = {
            row["image_link"]: row
            for row in lake.images.read(
                columns=["image_link", *schema.READING, "content_sha256", "decided_by"],
                where=(pc.field("reader_version") == versions.reader)
                & is_one_of("image_link", links),
            ).to_pylist()
        }
        self._more = {} if versions.reread is None else reread_words(lake, versions.reread, links)
        self._vectors: dict[str, Any] = {}
        if versions.encoder is not None:
            pictures = [row["content_sha256"] for row in self._read.values()]
            self._vectors = {
                row["content_sha256"]: row["embedding"]
                for row in lake.embeddings.read(
                    columns=["content_sha256", "embedding"],
                    where=(pc.field("encoder_version") == versions.encoder)
                    & is_one_of("content_sha256", [sha256 for sha256 in pictures if sha256]),
                ).to_pylist()
            }

    def of(self, link: str | None) -> Row:
        """The columns of schema.READING, with the words of a second look behind those of the first,
        `reread`, whether there was one, `embedding`, content_sha256, decided_by, and `open`: a
        later run may read the picture after all, or embed it where there is an encoder."""
        row = dict(self._read.get(link or "", _ABSENT))
        blank = is_blank(link)
        if row["status"] is None:
            row["status"] = (Status.NO_LINK if blank else Status.NOT_READ).value
        if row["open"] is None:
            row["open"] = not blank
        more = self._more.get((link or "", row["content_sha256"] or ""))
        row["reread"] = more is not None
        if more is not None and row["words"] is not None:
            row["words"] = [*row["words"], *more]
        row["embedding"] = self._vectors.get(row["content_sha256"] or "")
        if self._versions.encoder and row["width"] is not None and row["embedding"] is None:
            row["open"] = True
        return row


def reread_words(
    lake: LocalLake, reread_version: str, links: Collection[str], *, only_which: bool = False
) -> dict[Picture, Sequence[Row]]:
    """What second looks of this version have found, but for those that are tried again; with
    `only_which`, of which pictures there are some."""
    found = lake.rereadings.read(
        only_open=False,
        columns=["image_link", "content_sha256", *([] if only_which else ["words"])],
        where=(pc.field("reread_version") == reread_version) & is_one_of("image_link", links),
    )
    return {
        (row["image_link"], row["content_sha256"]): row.get("words") or []
        for row in found.to_pylist()
    }
