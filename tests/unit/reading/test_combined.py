"""Several engines on drawn pictures: Tesseract first, and others that tell when they are asked."""

import pytest
from PIL import Image

from entity_extract.config import Domain, OcrConfig, load_config
from entity_extract.reading.combined import AllReaders, Cascade, best_quantity
from entity_extract.reading.engine import Reader
from entity_extract.reading.engines import reader_for
from entity_extract.records import Word
from tests.unit.reading.cases import written

DOMAIN = load_config([], []).domain
CLEAR, _ = written("Net weight 500 g")
NO_QUANTITY, _ = written("serves four people")


class Listener:
    """Reads the same word in every picture, and remembers which it was given."""

    version = "listener 1"

    def __init__(self) -> None:
        self.pictures: list[Image.Image] = []

    def read(self, image: Image.Image) -> list[Word]:
        self.pictures.append(image)
        return [Word("listened", 95.0, 1, 2, 3, 4, pass_="listener@0")]  # noqa: S106


@pytest.fixture(scope="module")
def tesseract() -> Reader:
    return reader_for(OcrConfig(engine="tesseract"), DOMAIN)


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


def test_both_engines_give_their_words_and_keep_their_passes(tesseract: Reader) -> None:
    words = AllReaders([Listener(), tesseract]).read(CLEAR)
    assert texts(words)[0] == "listened"
    assert texts(words)[1:5] == ["Net", "weight", "500", "g"]
    assert {word.pass_ for word in words} == {"listener@0", "line@0"}


def test_the_version_of_both_changes_with_either(tesseract: Reader) -> None:
    other = Listener()
    other.version = "listener 2"
    pairs = ([Listener(), tesseract], [other, tesseract], [other, other])
    assert len({AllReaders(pair).version for pair in pairs}) == 3


def test_a_cascade_asks_the_second_engine_only_without_a_sure_quantity(tesseract: Reader) -> None:
    second = Listener()
    cascade = Cascade([tesseract, second], DOMAIN, sure=80.0)
    assert texts(cascade.read(CLEAR)) == ["Net", "weight", "500", "g"]
    assert second.pictures == []
    words = cascade.read(NO_QUANTITY)
    assert texts(words)[:3] == ["serves", "four", "people"]
    assert texts(words)[-1] == "listened"
    assert second.pictures == [NO_QUANTITY]


def test_a_cascade_that_is_never_sure_always_asks(tesseract: Reader) -> None:
    second = Listener()
    assert texts(Cascade([tesseract, second], DOMAIN, sure=100.0).read(CLEAR))[-1] == "listened"
    assert len(second.pictures) == 1


def test_the_version_of_a_cascade_changes_with_the_domain_and_with_either_engine() -> None:
    fewer = Domain.model_validate(
        DOMAIN.model_dump() | {"entities": dict(list(DOMAIN.entities.items())[:-1])}
    )
    other = Listener()
    other.version = "listener 2"
    cascades = [
        Cascade([Listener(), Listener()], DOMAIN, 90.0),
        Cascade([Listener(), Listener()], fewer, 90.0),
        Cascade([other, Listener()], DOMAIN, 90.0),
        Cascade([Listener(), other], DOMAIN, 90.0),
    ]
    assert len({cascade.version for cascade in cascades}) == 4
    assert Cascade([Listener(), Listener()], DOMAIN, 90.0).version == cascades[0].version


def line(*texts: str, conf: float) -> list[Word]:
    return [Word(text, conf, 10 + 60 * i, 10, 50, 20) for i, text in enumerate(texts)]


def test_the_best_quantity_is_the_surest_of_any_entity() -> None:
    assert best_quantity([], DOMAIN) == 0.0
    assert best_quantity(line("serves", "four", conf=99.0), DOMAIN) == 0.0
    assert best_quantity(line("500", "g", conf=62.0), DOMAIN) == pytest.approx(62.0)
    further = [word._replace(top=200, block=1) for word in line("12", "cm", conf=88.0)]
    assert best_quantity(line("500", "g", conf=62.0) + further, DOMAIN) == pytest.approx(88.0)


def test_a_repaired_reading_is_no_quantity_to_be_sure_of() -> None:
    assert best_quantity(line("l0", "cm", conf=99.0), DOMAIN) == 0.0
    assert best_quantity(line("10", "cm", conf=99.0), DOMAIN) > 0.0


def test_a_number_of_a_table_is_no_quantity_to_be_sure_of() -> None:
    header, number = line("(kg)", conf=99.0), line("12", conf=99.0)
    below = [word._replace(top=word.top + 60, block=1) for word in number]
    assert best_quantity(header + below, DOMAIN) == 0.0
