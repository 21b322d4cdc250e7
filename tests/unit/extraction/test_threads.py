"""Extractors shared by threads, and the process that reads for them."""

import threading

import pytest

from entity_extract.config import Config, load_config
from entity_extract.extraction.extractor import Extractor
from entity_extract.learning.prediction.bundle import Bundle, make_bundle
from tests.unit.extraction.processes import reading_processes
from tests.unit.extraction.test_extractor import SETTINGS, card
from tests.unit.learning_cases import small_model


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(assignments=SETTINGS)


def test_threads_share_extractors_of_different_settings(config: Config) -> None:
    other = config.model_copy(update={"image": config.image.model_copy(update={"min_side": 9})})
    bundle: Bundle = make_bundle(small_model(), encoder_version=None, reader_version="", about={})
    extractors = [Extractor(config), Extractor(other), Extractor(other, bundle)] * 2
    content = card("500 g")
    said: list[str] = []

    def ask(extractor: Extractor) -> None:
        for _ in range(3):
            said.append(extractor.extract(content, "item_weight").candidates[0])

    threads = [threading.Thread(target=ask, args=(extractor,)) for extractor in extractors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["500 gram"] * 18
    assert len(reading_processes()) <= 2


def test_it_reads_in_this_process_where_told_to(config: Config) -> None:
    isolation = config.isolation.model_copy(update={"process": False})
    here = Extractor(config.model_copy(update={"isolation": isolation}))
    assert here.extract(card("500 g"), "item_weight").text == "500 gram"
