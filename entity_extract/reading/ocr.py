"""RGB pixels become words with boxes, by Tesseract.

Sparse mode finds text anywhere but reads no turned text, so 90 and 270 degrees are passes of their
own. Other modes see lines where sparse mode sees scattered words, and find other words; they make
passes of their own too. Passes of one mode are pages of one file and one Tesseract process, which
saves a start of 0.1 s each.
"""

import os
import shlex
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

import pytesseract
from PIL import Image

from entity_extract.config import OcrConfig
from entity_extract.errors import UserError
from entity_extract.reading.boxes import Box, Turn, upright_box
from entity_extract.words import Word

_PASS_NAMES = {3: "auto", 4: "column", 6: "block", 11: "sparse"}
_WORD_LEVEL = "5"  # the TSV's levels: page, block, paragraph, line, word

# Clockwise turn of the letters -> how to turn the picture back; Pillow counts counter-clockwise.
_TURN_BACK = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


class _Page(NamedTuple):
    image: Image.Image
    turn: Turn


class OcrUnavailable(UserError):
    """The engine or its language data is not installed: nothing can be read on this machine."""


class OcrTimeout(Exception):
    """One picture took longer than `ocr.timeout_s`; its process has been killed."""


class OcrFailed(Exception):
    """The engine gave up on these pixels."""


class Reader(Protocol):
    """An OCR engine, ready to read. `version` changes where the words may."""

    version: str

    def read(self, image: Image.Image) -> list[Word]:
        """The words of an upright RGB picture. Raises OcrTimeout, OcrFailed."""
        ...


def check(config: OcrConfig) -> None:
    """Raises OcrUnavailable where this machine cannot read with `config`."""
    reader_for(config)


@lru_cache(maxsize=2)
def reader_for(config: OcrConfig) -> Reader:
    """The engine that `config` names, made once per process. Raises OcrUnavailable."""
    return TesseractReader(config)


class TesseractReader:
    """Reads through the tesseract program, one process and one thread per picture."""

    def __init__(self, config: OcrConfig) -> None:
        self._config = config
        folder = config.tessdata
        self._options = f"--tessdata-dir {shlex.quote(folder)}" if folder is not None else ""
        self.version = f"tesseract {_installed_version()}"
        self._check_languages()

    def read(self, image: Image.Image) -> list[Word]:
        """Words of all passes, in Tesseract's order, boxes in the pixels of `image`."""
        config = self._config
        grey = image.convert("L")  # Tesseract binarises anyway; a third of the bytes to hand over
        end = time.monotonic() + config.timeout_s
        words = self._read_pages(_pages(grey, config.rotations, config), config.psm, end)
        for psm in config.also_psm:
            words += self._read_pages(_pages(grey, (0,), config), psm, end)
        return words

    def _read_pages(self, pages: list[_Page], psm: int, end: float) -> list[Word]:
        words = (
            _word(row, pages[int(row["page_num"]) - 1].turn, psm)
            for row in _word_rows(self._tsv([page.image for page in pages], psm, end))
        )
        return [word for word in words if word.text and word.conf >= self._config.min_conf]

    def _tsv(self, images: list[Image.Image], psm: int, end: float) -> str:
        """Tesseract's TSV of `images`; a TIFF without compression, which is quickest to write."""
        left = end - time.monotonic()
        if left <= 0:
            raise OcrTimeout(f"longer than {self._config.timeout_s:g} s")
        with tempfile.TemporaryDirectory(prefix="ocr-") as folder:
            path = Path(folder, "pages.tif")
            images[0].save(path, "TIFF", save_all=True, append_images=images[1:])
            try:
                with _one_thread():
                    return str(
                        pytesseract.image_to_data(
                            str(path),
                            lang=self._config.language,
                            config=f"--psm {psm} {self._options}",
                            timeout=left,
                        )
                    )
            except pytesseract.TesseractError as err:
                raise OcrFailed(err.message) from None
            except RuntimeError:  # how pytesseract says that it has killed the process
                raise OcrTimeout(f"longer than {self._config.timeout_s:g} s") from None
            except pytesseract.TesseractNotFoundError as err:
                raise OcrUnavailable(str(err)) from None

    def _check_languages(self) -> None:
        installed = pytesseract.get_languages(self._options)
        missing = [name for name in self._config.language.split("+") if name not in installed]
        if missing:
            raise OcrUnavailable(
                f"Tesseract has no language data for {', '.join(missing)} in "
                f"{self._config.tessdata or 'its own folder'} (Debian: tesseract-ocr-{missing[0]})"
            )


def _installed_version() -> str:
    try:
        return str(pytesseract.get_tesseract_version())
    except pytesseract.TesseractNotFoundError:
        message = "the tesseract program is not installed (Debian: apt install tesseract-ocr)"
        raise OcrUnavailable(message) from None


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


def _pages(grey: Image.Image, angles: tuple[int, ...], config: OcrConfig) -> list[_Page]:
    """`grey` scaled, once for each angle and turned back by it."""
    pages = []
    for angle in angles:
        scaled = _scaled(grey, config.rotated_px if angle else config.target_px, config.max_scale)
        turn = Turn(angle=angle, page=scaled.size, image=grey.size)
        pages.append(_Page(scaled.transpose(_TURN_BACK[angle]) if angle else scaled, turn))
    return pages


def _scaled(image: Image.Image, longest_px: int, max_scale: float) -> Image.Image:
    """`image` with its longest side at `longest_px`; enlarged `max_scale` times at most."""
    scale = min(longest_px / max(image.size), max_scale)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image.resize(size, Image.Resampling.LANCZOS)


def _word(row: dict[str, str], turn: Turn, psm: int) -> Word:
    box = upright_box(Box(*(int(row[side]) for side in Box._fields)), turn)
    return Word(
        row["text"].strip(),
        float(row["conf"]),
        *box,
        block=int(row["block_num"]),
        line=int(row["par_num"]) * 1000 + int(row["line_num"]),  # paragraphs number lines anew
        angle=turn.angle,
        pass_=f"{_PASS_NAMES.get(psm, f'psm{psm}')}@{turn.angle}",
    )


def _word_rows(tsv: str) -> Iterator[dict[str, str]]:
    """The TSV's words. Boxes with conf = -1 are layout and not words."""
    header_line, *lines = tsv.split("\n")  # splitlines() would also split at odd letters in a text
    header = header_line.split("\t")
    for line in lines:
        row = dict(zip(header, line.split("\t", len(header) - 1), strict=False))
        if row.get("level") == _WORD_LEVEL and "text" in row and float(row["conf"]) >= 0:
            yield row
