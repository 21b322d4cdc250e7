"""Two ways to Tesseract, the program and the library: pages of grey pixels in, words out."""

import os
import re
import shlex
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pytesseract

from entity_extract.config import OcrConfig
from entity_extract.quantities.geometry import Box
from entity_extract.reading.engine import OcrFailed, OcrTimeout, OcrUnavailable
from entity_extract.reading.tesseract.languages import check_languages

_WORD_LEVEL = "5"  # the TSV's levels: page, block, paragraph, line, word
# As the program writes it above its TSV; the library leaves it out.
_TSV_HEADER = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)
_LANGUAGES_AT = re.compile(r'available languages in "(.+)"')


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
    """The backend that `config.backend` names. Raises OcrUnavailable."""
    return _Library(config) if config.backend == "tesserocr" else _Program(config)


class _Program:
    """The tesseract program through pytesseract: one process and one thread for all pages."""

    def __init__(self, config: OcrConfig) -> None:
        folder = config.tessdata
        self._language = config.language
        self._options = f"--tessdata-dir {shlex.quote(folder)}" if folder is not None else ""
        self.version = f"tesseract {_installed_version()}"
        check_languages(config, pytesseract.get_languages(self._options))

    def read(self, pages: Sequence[np.ndarray], psm: int, end: float) -> list[list[PageWord]]:
        left = end - time.monotonic()
        if left <= 0:
            raise OcrTimeout("no time was left for Tesseract")
        if not pages:
            return []
        with tempfile.TemporaryDirectory(prefix="ocr-") as folder, _one_thread():
            try:
                tsv = pytesseract.image_to_data(
                    _page_list(pages, Path(folder)),
                    lang=self._language,
                    config=f"--psm {psm} {self._options}",
                    timeout=left,
                )
            except pytesseract.TesseractError as err:
                raise OcrFailed(err.message) from None
            except RuntimeError:  # how pytesseract says that it has killed the process
                raise OcrTimeout("Tesseract took too long and has been killed") from None
            except pytesseract.TesseractNotFoundError as err:
                raise OcrUnavailable(str(err)) from None
        return _words_by_page(str(tsv), len(pages))


class _Library:
    """Tesseract in this process through tesserocr: no start of a program, no files."""

    def __init__(self, config: OcrConfig) -> None:
        try:
            import tesserocr
        except ImportError:
            message = 'ocr.backend = "tesserocr" needs: pip install "entity-extract[tesserocr]"'
            raise OcrUnavailable(message) from None
        folder = config.tessdata or _program_tessdata()
        check_languages(config, tesserocr.get_languages(os.path.join(folder, ""))[1])
        with _one_thread():
            self._api = tesserocr.PyTessBaseAPI(os.path.join(folder, ""), config.language)
        self.version = f"tesserocr {tesserocr.tesseract_version().split()[1]}"

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


def _installed_version() -> str:
    try:
        return str(pytesseract.get_tesseract_version())
    except pytesseract.TesseractNotFoundError:
        message = "the tesseract program is not installed (Debian: apt install tesseract-ocr)"
        raise OcrUnavailable(message) from None


def _program_tessdata() -> str:
    """Where the installed program keeps its language data: the library brings none of its own."""
    _installed_version()
    command = [pytesseract.pytesseract.tesseract_cmd, "--list-langs"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = _LANGUAGES_AT.search(answer.stdout + answer.stderr)
    if found is None:
        raise OcrUnavailable("set ocr.tessdata: the tesseract program does not say where it is")
    return found[1]


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
