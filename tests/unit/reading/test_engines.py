"""OCR engines by name: those of the package, and those that somebody brings."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from entity_extract.config import IsolationConfig, OcrConfig, load_config
from entity_extract.errors import UserError
from entity_extract.extraction.extractor import Extractor
from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.engines import check, chosen
from entity_extract.reading.isolation.messages import Settings
from entity_extract.reading.isolation.supervisor import Supervisor
from entity_extract.reading.picture_row import PictureReader
from entity_extract.reading.reader_version import reader_version
from entity_extract.records import words_of
from tests.poison import card
from tests.server import encoded

CONFIG = load_config()
Row = dict[str, object]
Read = Callable[[OcrConfig, bytes], Row]
GREY = Image.new("RGB", (300, 200), (120, 120, 120))
OUTSIDE = """
import numpy as np
import pandas  # which the package's own engines do without

from entity_extract.records import Word

class Brightness:
    "How bright a picture is, as a weight."
    version = "brightness 1"
    conf = 70.0

    def __init__(self, config, find_lines):
        self.find_lines = find_lines

    def read(self, image):
        level = round(float(np.asarray(image).mean()))
        return [Word(text, self.conf, 10 + 60 * i, 10, 50, 20)
                for i, text in enumerate([str(level), "gram"])]

class Surer(Brightness):
    conf = 95.0

class Lines(Brightness):
    "A word for each line of text that the configured detector finds."
    def read(self, image):
        grey = np.asarray(image.convert("L"))
        return [Word("line", 50.0, 0, 0, 9, 9) for _ in self.find_lines(image, grey)]

nothing = 1
"""


@pytest.fixture(scope="module", autouse=True)
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An installed package with two entry points, the second of a name that is taken."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "shop_ocr.py").write_text(OUTSIDE)
    (folder / "shop_ocr_broken.py").write_text("import no_such_runtime")
    info = folder / "shop_ocr-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-ocr\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[entity_extract.ocr_engines]\n"
        "shop = shop_ocr:Brightness\n"
        "tesseract = shop_ocr:Brightness\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield


def settings(engine: str, *engines: str, **more: object) -> OcrConfig:
    some = {"engines": engines} if engines else {}
    return OcrConfig.model_validate({"engine": engine, "skip": ["second_look"], **some, **more})


def read_here(ocr: OcrConfig, content: bytes) -> Row:
    return PictureReader(CONFIG.image, ocr, CONFIG.domain).row(content)


def read_apart(ocr: OcrConfig, content: bytes) -> Row:
    asked = Settings(image=CONFIG.image, ocr=ocr, domain=CONFIG.domain, limit_s=60.0)
    supervisor = Supervisor(asked, IsolationConfig())
    try:
        return supervisor.row(content)
    finally:
        supervisor.close()


def said(row: Row) -> list[tuple[str, str]]:
    return [(word.engine, word.text) for word in words_of(row["words"])]


@pytest.mark.parametrize("name", ["shop_ocr:Brightness", "shop"])
@pytest.mark.parametrize("read", [read_here, read_apart])
def test_an_engine_from_outside_reads_and_its_words_carry_its_name(read: Read, name: str) -> None:
    row = read(settings(name), encoded(GREY, "PNG"))
    assert said(row) == [(name, "120"), (name, "gram")]
    assert {word.pass_ for word in words_of(row["words"])} == {name}


@pytest.mark.parametrize("read", [read_here, read_apart])
def test_an_engine_from_outside_reads_beside_one_of_the_package(read: Read) -> None:
    both = settings("both", "shop_ocr:Brightness", "tesseract")
    engines, texts = zip(*said(read(both, card("500 grams"))), strict=True)
    assert engines == ("shop_ocr:Brightness",) * 2 + ("tesseract",) * 2
    assert texts[1:] == ("gram", "500", "grams")


def test_the_engines_of_both_are_read_in_the_order_of_their_list() -> None:
    row = read_here(settings("both", "shop", "shop_ocr:Surer", "shop_ocr:Brightness"), card("x"))
    assert [engine for engine, _ in said(row)][::2] == [
        "shop",
        "shop_ocr:Surer",
        "shop_ocr:Brightness",
    ]


@pytest.mark.parametrize(("sure", "asked"), [(60.0, 1), (90.0, 2), (99.0, 3)])
def test_a_cascade_of_three_engines_stops_where_it_is_sure(sure: float, asked: int) -> None:
    names = ("shop_ocr:Brightness", "shop_ocr:Surer", "shop")
    row = read_here(settings("cascade", *names, sure=sure), encoded(GREY, "PNG"))
    assert [engine for engine, _ in said(row)][::2] == list(names[:asked])


def test_an_engine_from_outside_is_given_the_configured_detector_of_lines() -> None:
    row = read_here(settings("shop_ocr:Lines", text_detector="ppocr"), card("500 grams"))
    assert said(row) == [("shop_ocr:Lines", "line")]


def test_another_list_of_engines_is_another_reader_version() -> None:
    lists = (("shop", "tesseract"), ("tesseract", "shop"), ("shop_ocr:Surer", "tesseract"))
    versions = {
        reader_version(settings("both", *names), CONFIG.image, CONFIG.domain) for names in lists
    }
    assert len(versions) == 3


def test_networks_are_loaded_once_for_an_engine_and_a_detector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import onnxruntime

    loaded: list[str] = []
    session = onnxruntime.InferenceSession

    def counted(path: object, **options: object) -> object:
        loaded.append(str(path))
        return session(path, **options)

    monkeypatch.setattr(onnxruntime, "InferenceSession", counted)
    both = settings("both", text_detector="ppocr", timeout_s=9.0)  # loaded by no other test
    check(both, CONFIG.domain)
    assert loaded == []  # who only asks whether it can read reads nothing
    read_here(both, card("x"))
    assert len(loaded) == len(set(loaded)) == 2


@pytest.mark.parametrize("asked", [("teseract",), ("both", "tesseract", "both"), ("",)])
def test_an_unknown_engine_is_refused_with_the_names_of_those_that_are_known(
    asked: tuple[str, ...],
) -> None:
    with pytest.raises(
        OcrUnavailable, match=r"there is rapidocr, tesseract, shop, or .*module:attr"
    ):
        check(settings(*asked), CONFIG.domain)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("no_such_package:Reader", "No module named 'no_such_package'"),
        ("shop_ocr_broken:Reader", "No module named 'no_such_runtime'"),
        ("shop_ocr:Darkness", "no attribute 'Darkness'"),
        ("shop_ocr:", "makes no reader"),
        ("shop_ocr:nothing", "makes no reader"),
        ("shop ocr:Brightness", "cannot be imported"),
    ],
)
def test_an_engine_that_cannot_be_had_is_said_with_its_cause(name: str, cause: str) -> None:
    with pytest.raises(OcrUnavailable, match=cause) as caught:
        check(settings("both", "tesseract", name), CONFIG.domain)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("engines", ["[]", '["tesseract"]', '["tesseract", "tesseract"]'])
def test_a_list_without_two_different_engines_is_refused(engines: str) -> None:
    with pytest.raises(UserError, match=r"ocr\.engines"):
        load_config([], [f"ocr.engines={engines}"])


def test_another_package_cannot_take_the_name_of_an_engine_of_this_one() -> None:
    assert said(read_here(settings("tesseract"), card("500 grams")))[0] == ("tesseract", "500")


# ---- "auto"


@pytest.fixture
def anew() -> Iterator[None]:
    """What this machine can read with is found out again."""
    chosen.cache_clear()
    yield
    chosen.cache_clear()


def auto(**settings: object) -> OcrConfig:
    return OcrConfig.model_validate({"timeout_s": 11.0} | settings)  # loaded by no other test


def test_by_default_every_installed_engine_reads_the_quicker_way_and_is_named() -> None:
    asked = chosen(OcrConfig())
    assert (asked.engine, asked.backend) == ("cascade", "tesserocr")
    named = OcrConfig(engine="cascade", backend="tesserocr")
    ways = (OcrConfig(), asked, named)
    assert len({reader_version(way, CONFIG.image, CONFIG.domain) for way in ways}) == 1
    assert ("rapidocr", "500") in said(read_here(OcrConfig(), card("Net weight 500 grams")))
    assert Extractor().config.ocr == asked  # what executors are sent


@pytest.mark.parametrize(
    ("missing", "asked", "told"),
    [
        (["rapidocr"], "tesseract", r"without rapidocr \(.*pip install.*\): of a hundred answers"),
        (["onnxruntime"], "tesseract", r"without rapidocr \(.*pip install"),
        (["tesserocr"], "cascade", r"library is not there .*twice the time"),
    ],
)
def test_what_is_missing_and_what_it_costs_is_said_once(
    missing: list[str],
    asked: str,
    told: str,
    anew: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for package in missing:
        monkeypatch.setitem(sys.modules, package, None)
    found = [chosen(auto()) for _ in range(2)]
    assert [way.engine for way in found] == [asked] * 2
    (record,) = caplog.records
    assert re.search(told, record.getMessage())
    assert check(found[0], CONFIG.domain) is None


def test_a_machine_without_any_engine_is_told_of_each(
    anew: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for package in ("rapidocr", "tesserocr"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OcrUnavailable, match=r"rapidocr: .*pip install.*; tesseract: .*program"):
        chosen(auto(timeout_s=12.0))
