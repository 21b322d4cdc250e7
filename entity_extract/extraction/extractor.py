"""Pictures and questions in, answers out: reading, embedding and predicting in this process.

What the jobs do with a lake between the stages is done here in memory, by the same functions.
"""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from entity_extract import schema
from entity_extract.config import Config, load_config
from entity_extract.errors import UserError
from entity_extract.extraction.answer import Answer, answer_of
from entity_extract.extraction.model_encoder import embeddings_of, encoder_of_model
from entity_extract.learning.prediction.bundle import (
    Bundle,
    default_bundle,
    load_bundle,
    worker_model,
)
from entity_extract.learning.prediction.predict import predict_records
from entity_extract.reading import engines
from entity_extract.reading.batches import picture_reader, read_batches
from entity_extract.status import Status

Picture = bytes | str | PathLike[str]
QUESTION = (schema.IMAGE_LINK, schema.ENTITY_NAME)
_KEPT = (*schema.READING, "content_sha256", "thumbnail")


class Extractor:
    """A model and a configuration, ready for any number of pictures.

    Pictures are decoded and read in a process apart (`isolation.process`), which is started with
    the first and kept. It can be pickled, and so sent to executors.
    """

    def __init__(
        self, config: Config | None = None, model: Bundle | str | PathLike[str] | None = None
    ) -> None:
        """`config`: as `load_config` gives it, the defaults if left out. `model`: a bundle or the
        folder of one, the package's own if left out.

        Raises BundleError, OcrUnavailable, and UserError where the model needs other image
        embeddings than `config.embed` makes.
        """
        self.config = load_config() if config is None else config
        self.bundle = _bundle_of(model)
        engines.check(self.config.ocr, self.config.domain)
        self._encoder = encoder_of_model(self.bundle, self.config)

    def extract(self, picture: Picture, entity_name: str, *, group_id: str = "") -> Answer:
        """What `picture` (encoded bytes, or the path of a file) says of `entity_name`.

        A picture that cannot be read is an answer with a status. Raises OSError where there is no
        such file, and UserError for an entity that the model was not trained for.
        """
        domain = self.bundle.domain
        if entity_name not in domain.entities:
            raise UserError(
                f"{entity_name!r} is not asked of this model; it knows "
                f"{', '.join(domain.entity_names)}"
            )
        content = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
        read = self._reader()(content)
        row = {**dict.fromkeys(_KEPT), "status": Status.OK.value, **read}
        asked = {"entity_name": entity_name, "group_id": group_id}
        answers = self._predicted(pd.DataFrame([row | asked], dtype=object))
        return answer_of({name: answers[name].iloc[0] for name in schema.PREDICTION})

    def extract_frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """`rows` with the columns of schema.PREDICTION behind their own, same order and index.

        They have image_link and entity_name, and group_id (the category) where it is known. Each
        distinct link is fetched once, under the rules of `config.fetch`. Raises UserError where a
        column is missing, or has the name of one that would be added.
        """
        check_columns(rows.columns)
        links = rows[schema.IMAGE_LINK].map(lambda link: link if isinstance(link, str) else "")
        read = self._read(link for link in links.unique() if link.strip())
        unread = {**dict.fromkeys(_KEPT), "status": Status.NO_LINK.value}
        asked = pd.DataFrame([read.get(link, unread) for link in links], columns=list(_KEPT))
        groups = rows.get(schema.GROUP_ID, pd.Series("", rows.index))
        asked["entity_name"] = rows[schema.ENTITY_NAME].to_numpy(object)
        asked["group_id"] = groups.to_numpy(object)
        answers = self._predicted(asked.astype(object))
        return pd.concat([rows, answers[list(schema.PREDICTION)].set_axis(rows.index)], axis=1)

    def _read(self, links: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Link -> what READ says of it."""
        config = self.config
        frames = read_batches(
            iter([pd.DataFrame({"image_link": list(links), "attempts": 0})]),
            fetch_config=config.fetch,
            image_config=config.image,
            ocr_config=config.ocr,
            domain=config.domain,
            reader_version="",
            isolation=config.isolation,
        )
        return {
            str(row["image_link"]): {name: row[name] for name in _KEPT}
            for frame in frames
            for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
        }

    def _reader(self) -> Any:
        config = self.config
        return picture_reader(config.image, config.ocr, config.domain, config.isolation)

    def _predicted(self, rows: pd.DataFrame) -> pd.DataFrame:
        predict = self.config.predict
        return predict_records(
            worker_model(self.bundle),
            rows.assign(embedding=self._embeddings(rows)),
            min_confidence=predict.min_confidence,
            system=predict.system,
        )

    def _embeddings(self, rows: pd.DataFrame) -> pd.Series:
        """(n,) of the rows' thumbnails, each distinct one once; None where there is none, or the
        model looks at no pictures."""
        found: Mapping[bytes, Any] = {}
        if self._encoder is not None:
            pictures = [t for t in rows["thumbnail"].unique() if isinstance(t, bytes)]
            made = embeddings_of(pictures, self._encoder, self.config)
            found = dict(zip(pictures, made, strict=True))
        return pd.Series([found.get(t) for t in rows["thumbnail"]], rows.index, object)


def check_columns(names: Iterable[str]) -> None:
    """Raises UserError where a frame of questions lacks a column, or has one of an answer's."""
    given = {str(name) for name in names}
    if lacking := [name for name in QUESTION if name not in given]:
        raise UserError(f"no column {' and '.join(lacking)}; found {', '.join(sorted(given))}")
    if taken := [name for name in schema.PREDICTION if name in given]:
        raise UserError(f"columns of these names would be added, rename yours: {', '.join(taken)}")


def _bundle_of(model: Bundle | str | PathLike[str] | None) -> Bundle:
    if isinstance(model, Bundle):
        return model
    return default_bundle() if model is None else load_bundle(Path(model))
