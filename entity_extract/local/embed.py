"""EMBED without Spark, by the encoder of this process."""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.config.signals import Stop, finishing
from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.extraction.model_encoder import embeddings_of
from entity_extract.lake.pace import EMBEDDED_PER_CORE, paced
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.decided import is_one_of
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import with_column
from entity_extract.local.work import cores, parts
from entity_extract.runs.progress import Progress

_EMBEDDINGS = arrow_schema(schema.EMBEDDINGS.columns)
_AT_A_TIME = 16  # pictures: some seconds of a slow core


def embed_missing(
    lake: LocalLake,
    links: Sequence[str],
    config: Config,
    encoder: ChosenEncoder,
    progress: Progress,
    *,
    reader_version: str,
    seen: Callable[[int], None],
) -> None:
    """EMBED the pictures of `links` that this encoder has not seen, each content once."""
    unseen = _unseen(lake, links, reader_version, encoder.version)
    progress.begin(len(unseen))
    pace = paced(config.lake, cores=cores(), per_core=EMBEDDED_PER_CORE)
    with finishing() as stop:
        for part in parts(unseen, pace, stop, home=lambda one: one[1]):
            with progress.wave(len(part)) as publish:
                found = lake.images.read(
                    sorted({wave for _, wave in part}),
                    columns=["content_sha256", "thumbnail"],
                    where=(pc.field("reader_version") == reader_version)
                    & is_one_of("image_link", [link for link, _ in part]),
                )
                rows = _embedded(found, encoder, config, seen, stop)
                if stop.asked():
                    progress.cut(rows.num_rows)
                settled = with_column(rows, "open", False, pa.bool_())
                publish(lake.embeddings.publish(settled, progress.next_wave, replace=False))


def _embedded(
    pictures: pa.Table,
    encoder: ChosenEncoder,
    config: Config,
    seen: Callable[[int], None],
    stop: Stop,
) -> pa.Table:
    """Rows of schema.EMBEDDINGS; of fewer pictures where `stop` is asked for."""
    rows = [_EMBEDDINGS.empty_table()]
    for start in range(0, pictures.num_rows, _AT_A_TIME):
        if stop.asked():
            break
        some = pictures.slice(start, _AT_A_TIME)
        vectors = embeddings_of(some["thumbnail"].to_pylist(), encoder, config)
        names = some["content_sha256"].to_pylist()
        told = [names, list(vectors), [encoder.version] * len(names)]
        columns = zip(told, _EMBEDDINGS.types, strict=True)
        rows.append(pa.table([pa.array(*of) for of in columns], schema=_EMBEDDINGS))
        seen(len(names))
    return pa.concat_tables(rows)


def _unseen(
    lake: LocalLake, links: Sequence[str], reader_version: str, encoder_version: str
) -> list[tuple[str, str]]:
    """(image_link, its wave): one link of each content that is not embedded yet."""
    read = lake.images.read(
        columns=["content_sha256", "image_link"],
        where=(pc.field("reader_version") == reader_version)
        & pc.field("width").is_valid()
        & is_one_of("image_link", links),
    ).to_pylist()
    one: dict[str, tuple[str, str]] = {}
    for row in read:  # of the earliest wave, where the others are, too
        found = (row["wave"], row["image_link"])
        one[row["content_sha256"]] = min(found, one.get(row["content_sha256"], found))
    done = lake.embeddings.read(
        columns=["content_sha256"], where=pc.field("encoder_version") == encoder_version
    )
    embedded = set(done["content_sha256"].to_pylist())
    return [(link, wave) for sha256, (wave, link) in one.items() if sha256 not in embedded]
