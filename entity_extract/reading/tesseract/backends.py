"""Two ways to Tesseract, the program and the library: pages of grey pixels in, words out."""

import logging
import os
import shlex
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np

from entity_extract.config import OcrConfig
from entity_extract.quantities.geometry import Box
from entity_extract.reading.engine import OcrFailed, OcrTimeout, OcrUnavailable
from entity_extract.reading.tesseract.models import Models, library_models, program_models

log = logging.getLogger(__name__)

BackendName = Literal["pytesseract", "tesserocr"]

_LSTM_ONLY = 1  # Tesseract's engine mode: of models that hold the older engine too, the network
# Pages come as dark letters on light: that they might be the reverse takes a seventh of the time.
_VARIABLES: Final = {"invert_threshold": "0"}
_WORD_LEVEL = "5"  # the TSV's levels: page, block, paragraph, line, word
# As the program writes it above its TSV; the library leaves it out.
_TSV_HEADER = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)


class PageWord(NamedTuple):
    """A word on a page; `box` in the page's pixels, `conf` 0-100."""

    text: str
    conf: float
    box: Box


class TesseractBackend(Protocol):
    """A way to Tesseract. `version` is the engine's."""

    version: str

    def read(self, pages: Sequence[np.ndarray], psm: int, end: float) -> list[list[PageWord]]:
        """The words of each (height, width) uint8 page in page segmentation mode `psm`.

        `end` is when time.monotonic() says that it is too late. Raises OcrTimeout, OcrFailed.
        """
        ...


def backend_for(config: OcrConfig) -> TesseractBackend:
    """The backend that `config.backend` names, see `chosen_backend`. Raises OcrUnavailable."""
    return _BACKENDS[chosen_backend(config)](config)


def chosen_backend(config: OcrConfig) -> BackendName:
    """`config.backend`; where that is "auto", the library if it is there, which takes half the
    time, else the program. Raises OcrUnavailable."""
    if config.backend != "auto":
        return config.backend
    try:
        _library(config)
    except OcrUnavailable as err:
        _Program(config)
        log.warning("Tesseract's library is not there (%s): its program takes twice the time", err)
        return "pytesseract"
    return "tesserocr"


class _Program:
    """The tesseract program through pytesseract: one process and one thread for all pages."""

    def __init__(self, config: OcrConfig) -> None:
        models = program_models(config)
        import pytesseract  # it brings pandas

        self._tesseract = pytesseract
        self._language = config.language
        settings = " ".join(f"-c {name}={value}" for name, value in _VARIABLES.items())
        folder = shlex.quote(models.folder)
        self._options = f"--tessdata-dir {folder} --oem {_LSTM_ONLY} {settings}"
        self.version = f"tesseract {pytesseract.get_tesseract_version()} {models.fingerprint}"

    def read(self, pages: Sequence[np.ndarray], psm: int, end: float) -> list[list[PageWord]]:
        left = end - time.monotonic()
        if left <= 0:
            raise OcrTimeout("no time was left for Tesseract")
        if not pages:
            return []
        with tempfile.TemporaryDirectory(prefix="ocr-") as folder, _one_thread():
            try:
                tsv = self._tesseract.image_to_data(
                    _page_list(pages, Path(folder)),
                    lang=self._language,
                    config=f"--psm {psm} {self._options}",
                    timeout=left,
                )
            except self._tesseract.TesseractError as err:
                raise OcrFailed(err.message) from None
            except RuntimeError:  # how pytesseract says that it has killed the process
                raise OcrTimeout("Tesseract took too long and has been killed") from None
            except self._tesseract.TesseractNotFoundError as err:
                raise OcrUnavailable(str(err)) from None
        return _words_by_page(str(tsv), len(pages))


class _Library:
    """Tesseract in this process through tesserocr: no start of a program, no files."""

    def __init__(self, config: OcrConfig) -> None:
        tesserocr, models = _library(config)
        folder = os.path.join(models.folder, "")
        try:
            with _one_thread():
                self._api = tesserocr.PyTessBaseAPI(
                    folder, config.language, oem=_LSTM_ONLY, variables=_VARIABLES
                )
        except RuntimeError as err:
            raise OcrUnavailable(f"Tesseract cannot load its models in {folder}: {err}") from None
        version = tesserocr.tesseract_version().split()[1]
        self.version = f"tesserocr {version} {models.fingerprint}"

    def read(self, pages: Sequence[np.ndarray], psm: int, end: float) -> list[list[PageWord]]:
        self._api.SetPageSegMode(psm)
        return [self._read(page, end) for page in pages]

    def _read(self, page: np.ndarray, end: float) -> list[PageWord]:
        left_ms = round((end - time.monotonic()) * 1000)
        if left_ms <= 0:
            raise OcrTimeout("no time was left for Tesseract")
        height, width = page.shape
        self._api.SetImageBytes(np.ascontiguousarray(page).tobytes(), width, height, 1, width)
        if not self._api.Recognize(left_ms):
            if time.monotonic() >= end:
                raise OcrTimeout("Tesseract took too long and was told to stop")
            raise OcrFailed("Tesseract gave up on these pixels")
        return _words_by_page(f"{_TSV_HEADER}\n{self._api.GetTSVText(0)}", 1)[0]


def _library(config: OcrConfig) -> tuple[ModuleType, Models]:
    """tesserocr, and what it is to read with. Raises OcrUnavailable."""
    try:
        import tesserocr
    except ImportError as err:
        raise OcrUnavailable(f"{err}: pip install tesserocr") from None
    return tesserocr, library_models(config)


_BACKENDS: Final[Mapping[BackendName, Callable[[OcrConfig], TesseractBackend]]] = {
    "pytesseract": _Program,
    "tesserocr": _Library,
}


def _page_list(pages: Sequence[np.ndarray], folder: Path) -> str:
    """A text file that names one file per page, all read by one Tesseract process.

    Binary PGM, which is a header and the pixels; pages of one TIFF take several times longer.
    """
    names = []
    for number, page in enumerate(pages):
        names.append(str(folder / f"{number}.pgm"))
        height, width = page.shape
        Path(names[-1]).write_bytes(b"P5 %d %d 255\n" % (width, height) + page.tobytes())
    listed = folder / "pages.txt"
    listed.write_text("\n".join(names))
    return str(listed)


def _words_by_page(tsv: str, pages: int) -> list[list[PageWord]]:
    """Tesseract's TSV as words. Boxes with conf = -1 are layout and not words."""
    words: dict[int, list[PageWord]] = defaultdict(list)
    header_line, *lines = tsv.split("\n")  # splitlines() would also split at odd letters in a text
    header = header_line.split("\t")
    for line in lines:
        row = dict(zip(header, line.split("\t", len(header) - 1), strict=False))
        if row.get("level") != _WORD_LEVEL or "text" not in row or float(row["conf"]) < 0:
            continue
        if text := row["text"].strip():
            box = Box(*(int(row[side]) for side in Box._fields))
            words[int(row["page_num"])].append(PageWord(text, float(row["conf"]), box))
    return [words[page] for page in range(1, pages + 1)]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Tesseract's own threads only get in each other's way where every core has a worker.

    The child inherits the variable; it is taken back so that torch, in the same worker, is free.
    """
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before
