"""A guard against work that has come to cost twice what it did.

CPU time of fixed work, as a ratio to a fixed reference of the same kind, measured turn by turn in
this process: machines and loads differ, the ratio does so by far less. What it is stands in TODAY;
twice that is a failure. A change that makes the work dearer on purpose, or cheaper, says so there.
"""

import itertools
import re
import resource
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pytest
from PIL import Image

from entity_extract.config import OcrConfig, load_config
from entity_extract.quantities.candidates import find_candidates
from entity_extract.reading.engines import reader_for
from tests.unit.learning_cases import printed
from tests.unit.reading.cases import write

ROUNDS = 4
DOMAIN = load_config().domain
LINES = (
    "Net weight {} g (17.6 oz)", "12 x {} ml", "Size: {} x 20.5 x 4 cm", "AC 220-{}V 50/60Hz",
    "Max. load {},500 kg", "{} 1/2 inch", "sturdy bamboo shelf for kitchen", "{}.5\" H x 12' W",
)  # fmt: skip
NUMBERS = itertools.count(101)  # no text is parsed twice: a cache would answer
# Work -> times its reference, which it may be twice.
TODAY = {"tesseract": 2.1, "rapidocr": 4.5, "parsing": 0.75}


def cpu_s() -> float:
    """Of this process and of programs that it has run."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def card() -> Image.Image:
    """Lines of text, upright and turned, beside what is none."""
    image = Image.new("RGB", (640, 480), "white")
    for number, line in enumerate(LINES[:3]):
        write(image, line.format(250), at=(20, 20 + 60 * number), px=20 + 5 * number)
    turned = Image.new("RGB", (260, 50), "navy")
    write(turned, "Height 45 cm", at=(15, 8), px=32, fill="white")
    image.paste(turned.rotate(90, expand=True), (560, 180))
    texture = np.random.default_rng(0).integers(0, 256, (25, 50), dtype=np.uint8)
    image.paste(Image.fromarray(texture).resize((400, 200), Image.Resampling.BICUBIC), (60, 240))
    return image


def parse() -> None:
    for _ in range(3):
        texts = [line.format(next(NUMBERS)) for line in LINES]
        words = [w for n, text in enumerate(texts) for w in printed(text, top=40 * n, line=n)]
        for entity in DOMAIN.entity_names:
            find_candidates(words, entity, DOMAIN)


def pixels_reference() -> None:
    """What reading does most: arrays of small numbers compared, added and multiplied, on one
    thread."""
    cv2.setNumThreads(1)
    page = np.random.default_rng(1).integers(0, 256, (700, 900), dtype=np.uint8)
    kernel = np.random.default_rng(2).random((64, 64), dtype=np.float32)
    for _ in range(6):
        ink = cv2.adaptiveThreshold(page, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 31, 5)
        cv2.connectedComponentsWithStats(ink)
        cv2.filter2D(page.astype(np.float32), -1, kernel[:5, :5])
        cv2.resize(page, (1200, 933), interpolation=cv2.INTER_CUBIC)
    product = kernel
    for _ in range(2000):  # so small that BLAS takes no threads
        product = kernel @ product
        product /= product.max()


def python_reference() -> None:
    """What parsing does most: expressions, dictionaries and small objects."""
    pattern = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z]+)")
    for _ in range(1000):
        found: dict[str, list[tuple[float, str]]] = {}
        for line in LINES:
            for match in pattern.finditer(line.format(7).casefold()):
                value = float(match[1].replace(",", "."))
                found.setdefault(match[2], []).append((value, line[match.start() :].strip()))
        sorted((unit, max(values)) for unit, values in found.items())


def least_ratio(work: Callable[[], object], reference: Callable[[], object]) -> float:
    """The least of the rounds' on either side: whatever else runs can only add."""
    work()  # what is loaded or compiled at first is no part of it
    spent: dict[str, list[float]] = {"work": [], "reference": []}
    for _ in range(ROUNDS):
        for name, call in (("reference", reference), ("work", work)):
            start = cpu_s()
            call()
            spent[name].append(cpu_s() - start)
    return min(spent["work"]) / min(spent["reference"])


def ratio_of(name: str) -> float:
    if name == "parsing":
        return least_ratio(parse, python_reference)
    reader = reader_for(OcrConfig(engine=name), DOMAIN)
    return least_ratio(partial(reader.read, card()), pixels_reference)


@pytest.mark.parametrize("name", TODAY)
def test_work_does_not_cost_twice_what_it_did(name: str) -> None:
    ratio = ratio_of(name)
    assert ratio < 2 * TODAY[name], f"{name} costs {ratio:.2f} references, {TODAY[name]} so far"
