"""One run over one catalog and one lake, whatever does the stages: their order."""

from abc import abstractmethod

from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.learning.prediction.asked import prediction_version
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.runs.judged_run import JudgedRun
from entity_extract.runs.progress import Progress


class CatalogRun(JudgedRun):
    """What an engine does, in which order."""

    def read(self) -> None:
        """Pictures that the lake lacks; and anew those that are seen to have changed."""
        self._read_missing(self.run.stage("read"))
        self.lake.images.ensure()
        if self.config.fetch.looks_again:
            self._refresh(self.run.stage("refresh"))

    def embed(self, encoder: ChosenEncoder) -> None:
        """Pictures that this encoder has not seen."""
        self.run.versions |= encoder.about()
        self._embed_missing(encoder, self.run.stage("embed"))
        self.lake.embeddings.ensure()

    def predict(self, bundle: Bundle, *, reread: bool = False) -> None:
        """Rows without an answer that stands. With `reread` pictures without a candidate are looked
        at again, as [reread] says, and their rows answered anew."""
        self.answering(bundle)
        self._answer(bundle, name="predict")
        if reread and self.reread_version is not None:
            version = prediction_version(bundle, self.config.predict)
            if self._looked_again(model_version=version, reread_version=self.reread_version):
                self._answer(bundle, name="repredict")
        if self.whole:
            self._withdraw()
        self.lake.predictions.ensure()

    @abstractmethod
    def _read_missing(self, progress: Progress) -> None:
        """READ."""

    @abstractmethod
    def _refresh(self, progress: Progress) -> None:
        """Links whose pictures were last seen fetch.refresh_hours ago, and files that are other
        ones now, are asked for again."""

    @abstractmethod
    def _embed_missing(self, encoder: ChosenEncoder, progress: Progress) -> None:
        """EMBED."""

    @abstractmethod
    def _answer(self, bundle: Bundle, *, name: str) -> None:
        """PREDICT, in a stage of this name; what rides along is brought up to date."""

    @abstractmethod
    def _looked_again(self, *, model_version: str, reread_version: str) -> bool:
        """Second looks where this model found no candidate; whether there were any."""

    @abstractmethod
    def _withdraw(self) -> None:
        """Answers to rows that left the catalog leave, too."""
