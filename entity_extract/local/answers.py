"""PREDICT without Spark; what rides along is brought up to date without asking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.catalog.row_names import DETAILS_HASH
from entity_extract.config import Config
from entity_extract.config.signals import Stop, finishing
from entity_extract.lake.pace import ANSWERED_PER_CORE, ROWS_PER_LINK, Pace, paced
from entity_extract.learning.prediction.asked import prediction_version
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.local.answering import Answering, answering
from entity_extract.local.arrow_types import arrow_schema, arrow_type
from entity_extract.local.decided import Decided, Row, is_one_of
from entity_extract.local.earlier import keep_earlier
from entity_extract.local.held import KEYS, has_no_candidate, held_answers
from entity_extract.local.joined import Readings, Versions, reread_words
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import WAVE, keys_of, with_column
from entity_extract.local.work import cores, parts
from entity_extract.runs.progress import Progress, StageOf

_PREDICTION = arrow_schema(schema.PREDICTION)


@dataclass(frozen=True)
class Question:
    """A row of the catalog, by its place there, and where its picture and its answer stand."""

    place: int
    home: str = ""  # the wave of its picture
    held: str | None = None  # the wave of the answer that it has


class Predicting:
    """PREDICT over one catalog and one lake."""

    def __init__(
        self,
        lake: LocalLake,
        catalog: pa.Table,
        config: Config,
        bundle: Bundle,
        *,
        reader_version: str,
        reread_version: str | None,
        seen: Callable[[int], None],
    ) -> None:
        """`seen` is told of rows as they are answered."""
        self._lake, self._catalog, self._config, self._bundle = lake, catalog, config, bundle
        self._links: list[str | None] = catalog[schema.IMAGE_LINK].to_pylist()
        self._keys = keys_of(catalog, KEYS)
        self._hashes = catalog[DETAILS_HASH].to_pylist()
        self._versions = Versions(reader_version, reread_version, bundle.encoder_version)
        self._version = prediction_version(bundle, config.predict)
        self._seen = seen

    def predict(self, stage: StageOf, *, name: str) -> None:
        """Every row that has no answer of this model and reader yet; an answered row whose other
        columns have changed takes these over, and keeps its answer. `name` is the stage's."""
        changed, asked = self._news()
        if changed:
            self._update(changed, stage("update"))
        if self._config.lake.keep_earlier_answers:
            keys = [self._keys[one.place] for one in asked if one.held]
            keep_earlier(self._lake, keys, stage, model_version=self._version)
        progress = stage(name)
        progress.begin(len(asked))
        predictions = self._lake.predictions
        bundle, config = self._bundle, self._config.predict
        with (
            finishing() as stop,
            answering(bundle, config, rows=len(asked), seen=self._seen) as model,
        ):
            for part in parts(self._homed(asked), self._pace(), stop, home=lambda one: one.home):
                with progress.wave(len(part)) as publish:
                    places = [one.place for one in part]
                    rows = self._answered(places, progress.run_id, model, stop)
                    if stop.asked():
                        progress.cut(rows.num_rows)
                    held = {one.held for one in part if one.held}
                    wave = progress.next_wave
                    publish(predictions.publish(rows, wave, replace=True, among=held))

    def _pace(self) -> Pace:
        per_core, lake = ANSWERED_PER_CORE, self._config.lake
        return paced(lake, cores=cores(), per_core=per_core, rows_per_link=ROWS_PER_LINK)

    def _news(self) -> tuple[list[Question], list[Question]]:
        """Answered rows of which the catalog now says something else, and those without an answer
        that stands. No answer stands whose picture was decided otherwise, or without a candidate
        before a second look was there, or that rests on another picture than a refresh has found.
        """
        held = held_answers(self._lake, self._keys)
        stands = self._standing({str(row["image_link"]) for row in held.values()})
        changed, asked = [], []
        for place, (key, details) in enumerate(zip(self._keys, self._hashes, strict=True)):
            row = held.get(key)
            if row is None:
                asked.append(Question(place))
            elif row[DETAILS_HASH] is None or not stands(row):
                asked.append(Question(place, held=row[WAVE]))
            elif row[DETAILS_HASH] != details:
                changed.append(Question(place, home=row[WAVE], held=row[WAVE]))
        return changed, asked

    def _standing(self, links: set[str]) -> Callable[[Row], bool]:
        decided, version, versions = Decided(self._config), self._version, self._versions
        checks = self._lake.checks.read(
            columns=["image_link", "content_sha256"],
            where=(pc.field("reader_version") == versions.reader) & is_one_of("image_link", links),
        )
        seen = keys_of(checks, ("image_link", "content_sha256"))
        found: dict[str, str | None] = {link: sha256 for link, sha256 in seen}
        looked = (
            {}
            if versions.reread is None
            else reread_words(self._lake, versions.reread, links, only_which=True)
        )

        def stands(row: Row) -> bool:
            picture = (row["image_link"], row["content_sha256"])
            since = picture in looked and not row["reread"] and has_no_candidate(row)
            return (
                not row["open"]
                and row["model_version"] == version
                and row["reader_version"] == versions.reader
                and not decided.otherwise(row)
                and (found.get(picture[0]) or picture[1]) == picture[1]
                and not since
            )

        return stands

    def _homed(self, asked: Sequence[Question]) -> list[Question]:
        """With the wave that each one's picture is in."""
        links = {link for one in asked if (link := self._links[one.place]) is not None}
        read = self._lake.images.read(
            columns=["image_link"],
            where=(pc.field("reader_version") == self._versions.reader)
            & is_one_of("image_link", links),
        )
        homes = dict(zip(read["image_link"].to_pylist(), read[WAVE].to_pylist(), strict=True))
        return [
            Question(one.place, homes.get(self._links[one.place], ""), one.held) for one in asked
        ]

    def _answered(
        self, places: Sequence[int], run_id: str, model: Answering, stop: Stop
    ) -> pa.Table:
        """Rows of `predictions`, with the catalog's further columns; of fewer places where `stop`
        is asked for."""
        rows = self._catalog.take(places)
        asked = [self._links[place] for place in places]
        readings = Readings(self._lake, {link for link in asked if link}, self._versions)
        read = [readings.of(link) for link in asked]
        for name, kind in (
            ("content_sha256", "string"),
            ("decided_by", "string"),
            ("reread", "boolean"),
            ("open", "boolean"),
        ):
            kinds = arrow_type(kind)
            rows = with_column(rows, name, pa.array([row[name] for row in read], kinds), kinds)
        done, answers = model.answers(rows, read, stop)
        rows = rows.take(done)
        for field in _PREDICTION:
            rows = with_column(rows, field.name, answers[field.name], field.type)
        about = {
            "model_version": self._version,
            "reader_version": self._versions.reader,
            "run_id": run_id,
        }
        for name, value in about.items():
            rows = with_column(rows, name, value, pa.string())
        return _here(rows)

    def _update(self, changed: Sequence[Question], progress: Progress) -> None:
        """Publishes answered rows anew: what the catalog says now, and the answer as it was."""
        held = self._lake.predictions.read(
            sorted({one.home for one in changed}), only_open=False, columns=[*KEYS, *schema.ANSWER]
        )
        place_of = {key: place for place, key in enumerate(keys_of(held, KEYS))}
        progress.begin(len(changed))
        predictions = self._lake.predictions
        with finishing() as stop:
            for part in parts(changed, self._pace(), stop, home=lambda one: one.home):
                with progress.wave(len(part)) as publish:
                    rows = self._catalog.take([one.place for one in part])
                    answers = held.take([place_of[self._keys[one.place]] for one in part])
                    for name in schema.ANSWER:
                        rows = with_column(rows, name, answers[name], answers[name].type)
                    settled = _here(with_column(rows, "open", False, pa.bool_()))
                    homes, wave = {one.home for one in part}, progress.next_wave
                    publish(predictions.publish(settled, wave, replace=True, among=homes))


def _here(rows: pa.Table) -> pa.Table:
    """Of the catalog as it is."""
    return with_column(rows, "withdrawn_at", None, arrow_type("timestamp"))
