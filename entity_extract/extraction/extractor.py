"""Pictures and questions in, answers out: reading, embedding and predicting in this process.

What the jobs do with a lake between the stages is done here in memory, by the same functions.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from entity_extract import schema
from entity_extract.config import Config, OcrConfig, load_config
from entity_extract.errors import UserError
from entity_extract.extraction.answer import Answer, answer_of, typed
from entity_extract.extraction.model_encoder import embeddings_of, encoder_of_model
from entity_extract.extraction.picture import Picture, content_of
from entity_extract.extraction.questions import (
    all_known,
    check_columns,
    entity_of,
    group_of,
    in_letters_of,
    link_of,
)
from entity_extract.extraction.unasked import Quantities, quantities_of
from entity_extract.learning.prediction.bundle import Bundle, worker_model
from entity_extract.learning.prediction.bundle_files import default_bundle, load_bundle
from entity_extract.learning.prediction.predict import predict_records
from entity_extract.reading import engines
from entity_extract.reading.batches import picture_reader, read_batches
from entity_extract.status import Status

# Link -> the columns of schema.READING, and `thumbnail` for a model that looks at pictures.
Readings = Mapping[str, Mapping[str, Any]]
_NONE: Readings = MappingProxyType({})


class Extractor:
    """A model and a configuration, ready for any number of pictures.

    Pictures are decoded and read in a process apart (`isolation.process`), which is started with
    the first and kept, as is another for second looks (`reread`). It can be pickled, and so sent
    to executors.
    """

    def __init__(
        self, config: Config | None = None, model: Bundle | str | PathLike[str] | None = None
    ) -> None:
        """`config`: as `load_config` gives it, the defaults if left out. `model`: a bundle or the
        folder of one, the package's own if left out.

        Raises BundleError, OcrUnavailable, and UserError where `config` is none, or the model needs
        other image embeddings than `config.embed` makes.
        """
        if not isinstance(config, Config | None):
            raise UserError(f"config is what load_config gives, not {type(config).__name__}")
        config = load_config() if config is None else config
        # Executors that it is sent to read with the engines of this machine, or say that they lack.
        self.config = config.model_copy(update={"ocr": engines.chosen(config.ocr)})
        self.bundle = _bundle_of(model)
        engines.check(self.config.ocr, self.config.domain)
        again = self.config.reread
        self._again = again.of(self.config.ocr) if again.wanted else None
        self._encoder = encoder_of_model(self.bundle, self.config)
        self._kept = (*schema.READING, *([] if self._encoder is None else ["thumbnail"]))

    def extract(self, picture: Picture, entity_name: str, *, group_id: object = "") -> Answer:
        """What `picture` (encoded bytes, or the path of a file) says of `entity_name`.

        A picture that cannot be read, or is larger than `config.fetch.max_bytes`, is an answer with
        a status. Raises OSError where there is no such file; UserError for an entity that the model
        was not trained for, and for a picture that is a link or another thing.
        """
        (answer,) = self.extract_each(picture, [entity_name], group_id=group_id)
        return answer

    def extract_each(
        self, picture: Picture, entity_names: Sequence[str], *, group_id: object = ""
    ) -> list[Answer]:
        """As `extract`, of several entities: the picture is read once."""
        entity_names = all_known(entity_names, self.bundle.domain.entity_names)
        if not entity_names:
            return []
        return self._answers(picture, entity_names, group_id, any)

    def quantities(self, picture: Picture, *, group_id: object = "") -> Quantities:
        """What `picture` holds, and what each quantity of it could answer, where nobody has said
        what is asked; a second look is for one in which there is nothing at all. Raises as
        `extract`."""
        names = self.bundle.domain.entity_names
        answers = self._answers(picture, names, group_id, all)
        return quantities_of(dict(zip(names, answers, strict=True)))

    def _answers(
        self,
        picture: Picture,
        entity_names: Sequence[str],
        group_id: object,
        wants_another_look: Callable[[Iterable[bool]], bool],
    ) -> list[Answer]:
        """`wants_another_look` is told of each answer whether it has no candidate."""
        content = content_of(picture, self.config.fetch.max_bytes)
        read, group = self._row(content), {schema.GROUP_ID: group_of(group_id)}
        rows = pd.DataFrame(
            [read | group | {schema.ENTITY_NAME: name} for name in entity_names], dtype=object
        )
        answers = self._predicted(rows)
        if self._again is not None and wants_another_look(_without_candidate(answers)):
            words = _with_more(read, self._reader(self._again)(content))["words"]
            answers = self._predicted(rows.assign(words=[words] * len(rows)))
        found = answers[list(schema.PREDICTION)].to_dict("records")
        return [answer_of({str(name): value for name, value in row.items()}) for row in found]

    def extract_frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """`rows` with the columns of schema.PREDICTION behind their own, same order and index.

        They have image_link and entity_name, and group_id (the category) where it is known. Each
        distinct link is fetched once, under the rules of `config.fetch`, and once more for the
        second look of `config.reread`. Raises UserError where a column is missing, there twice, or
        has the name of one that would be added.
        """
        if not isinstance(rows, pd.DataFrame):
            raise UserError(f"rows are a pandas DataFrame, not {type(rows).__name__}")
        check_columns(rows.columns)
        readings = self.read(rows[schema.IMAGE_LINK])
        answers = self.answer(rows, readings)
        silent = _without_candidate(answers).to_numpy(bool)
        links = self._to_reread(map(link_of, rows[schema.IMAGE_LINK][silent]), len(readings))
        if not links:
            return answers
        more = self._read(links, self._again)
        found = {link: _with_more(readings[link], more[link]) for link in links}
        return self.answer(rows, {**readings, **found})

    def read(self, links: Iterable[object], *, known: Readings = _NONE) -> Readings:
        """Link -> its reading, of each distinct one of `links` that is a link at all.

        Those of `known` are not fetched. `extract_frame` in two steps: read once, `answer` often,
        without a second look.
        """
        asked = dict.fromkeys(link for link in map(link_of, links) if link)
        new = self._read([link for link in asked if link not in known])
        return {link: known[link] if link in known else new[link] for link in asked}

    def answer(self, rows: pd.DataFrame, readings: Readings) -> pd.DataFrame:
        """As `extract_frame`, from what `read` gave; a link that is not there is not_read."""
        check_columns(rows.columns)
        read = [self._reading(link, readings) for link in map(link_of, rows[schema.IMAGE_LINK])]
        asked = pd.DataFrame(read, columns=list(self._kept), dtype=object)
        groups = rows[schema.GROUP_ID] if schema.GROUP_ID in rows.columns else [""] * len(rows)
        given = [entity_of(cell) for cell in rows[schema.ENTITY_NAME]]
        named = in_letters_of(self.bundle.domain.entity_names, given)
        asked[schema.ENTITY_NAME] = pd.Series(named, dtype=object)
        asked[schema.GROUP_ID] = pd.Series(map(group_of, groups), dtype=object)
        answers = typed(self._predicted(asked))
        return pd.concat([rows, answers.set_axis(rows.index)], axis=1)

    def _row(self, content: bytes) -> dict[str, Any]:
        """A reading of bytes that came without a link."""
        limit = self.config.fetch.max_bytes
        unread: dict[str, Any] = dict.fromkeys(self._kept)
        if len(content) > limit:
            reason = f"more bytes than fetch.max_bytes, {limit}"
            return unread | {"status": Status.TOO_LARGE.value, "reason": reason}
        row: dict[str, Any] = self._reader(self.config.ocr)(content)
        return unread | {"status": Status.OK.value} | row

    def _reading(self, link: str, readings: Readings) -> Mapping[str, Any]:
        if link in readings:
            return readings[link]
        status = Status.NOT_READ if link else Status.NO_LINK
        return {**dict.fromkeys(self._kept), "status": status.value}

    def _to_reread(self, silent: Iterable[str], links: int) -> list[str]:
        """Those of the links that found no candidate which are looked at again, of so many."""
        if self._again is None:
            return []
        most = math.ceil(self.config.reread.share * links)
        return [*islice(dict.fromkeys(silent), most)]

    def _read(self, links: list[str], ocr: OcrConfig | None = None) -> dict[str, dict[str, Any]]:
        """Link -> what READ says of it, as far as an answer needs it."""
        if not links:
            return {}
        config = self.config
        frames = read_batches(
            iter([pd.DataFrame({"image_link": links, "attempts": 0})]),
            fetch_config=config.fetch,
            image_config=config.image,
            ocr_config=ocr or config.ocr,
            domain=config.domain,
            reader_version="",
            isolation=config.isolation,
            in_turns=True,
        )
        return {
            str(row["image_link"]): {name: row[name] for name in self._kept}
            for frame in frames
            for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
        }

    def _reader(self, ocr: OcrConfig) -> Callable[[bytes], dict[str, Any]]:
        config = self.config
        return picture_reader(config.image, ocr, config.domain, config.isolation, in_turns=True)

    def _predicted(self, rows: pd.DataFrame) -> pd.DataFrame:
        return predict_records(
            worker_model(self.bundle),
            rows.assign(embedding=self._embeddings(rows)),
            self.config.predict,
        )

    def _embeddings(self, rows: pd.DataFrame) -> pd.Series:
        """(n,) of the rows' thumbnails, each distinct one once; None where there is none, or the
        model looks at no pictures."""
        if self._encoder is None:
            return pd.Series(None, rows.index, object)
        pictures = [t for t in rows["thumbnail"].unique() if isinstance(t, bytes)]
        made = embeddings_of(pictures, self._encoder, self.config)
        found = dict(zip(pictures, made, strict=True))
        return pd.Series([found.get(t) for t in rows["thumbnail"]], rows.index, object)


def _without_candidate(answers: pd.DataFrame) -> pd.Series:
    return (answers["status"] == Status.OK.value) & (answers["candidates"].map(len) == 0)


def _with_more(reading: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A reading, and the words of a second look."""
    return {**reading, "words": [*reading["words"], *(more.get("words") or [])]}


def _bundle_of(model: Bundle | str | PathLike[str] | None) -> Bundle:
    if isinstance(model, Bundle):
        return model
    return default_bundle() if model is None else load_bundle(Path(model))
