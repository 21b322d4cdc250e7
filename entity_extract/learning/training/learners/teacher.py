"""Learns which of several quantities the label takes from labelled texts, without any picture."""

import lightgbm as lgb
import numpy as np
import pandas as pd

from entity_extract.config import Domain, TeacherParams
from entity_extract.learning.features.category_priors import CategoryPriors
from entity_extract.learning.features.examples import Examples, correct_candidates
from entity_extract.learning.features.frames import example_frame, examples_of_rows
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.teacher import TEACHER_FEATURES, Teacher
from entity_extract.learning.prediction.ranker_features import candidate_names_for, ranker_features
from entity_extract.quantities.amounts import parse_label
from entity_extract.records import Word
from entity_extract.status import Status

_LETTER = 10  # pixels of an imagined line of print


_MAX_CHARS = 4000  # of a text; what a picture shows is shorter


def words_of_text(text: str) -> list[Word]:
    """The text as one line of equal letters: what the parser needs of a picture's words."""
    words, left = [], 0
    for piece in text[:_MAX_CHARS].split():
        words.append(Word(piece, 100.0, left, 0, len(piece) * _LETTER, 2 * _LETTER))
        left += (len(piece) + 1) * _LETTER
    return words


def text_frame(batch: pd.DataFrame, domain: Domain) -> pd.DataFrame:
    """Rows of row_key, row_copy, image_link, entity_name, group_id, entity_value and text ->
    rows of EXAMPLE_ROW, as if each text were read in a picture of its own.

    Rows of an unknown entity, or whose label cannot be used, are left out.
    """
    usable = [
        bool(parse_label(value, domain, entity))
        for value, entity in zip(batch["entity_value"], batch["entity_name"], strict=True)
    ]
    batch = batch[np.array(usable, bool)]
    words = [[word._asdict() for word in words_of_text(text)] for text in batch["text"]]
    return example_frame(
        batch.drop(columns="text").assign(
            status=Status.OK.value,
            content_sha256=None,
            phash=None,
            width=100 * _LETTER,
            height=2 * _LETTER,
            words=pd.Series(words, batch.index, object),
            strokes=None,
            embedding=None,
        ),
        domain,
        candidate_names_for(TEACHER_FEATURES),
    )


def texts_of_frame(rows: pd.DataFrame, domain: Domain) -> Examples:
    """Rows of `text_frame` -> examples; a text's own part of the priors is told by
    its link."""
    labels = [
        parse_label(value, domain, entity)
        for value, entity in zip(rows["entity_value"], rows["entity_name"], strict=True)
    ]
    pictures = rows["image_link"].fillna("").astype(str).tolist()
    return examples_of_rows(rows, labels, pictures, domain, image_width=0)


def fit_teacher(
    examples: Examples, priors: CategoryPriors, params: TeacherParams, *, seed: int
) -> Teacher:
    """Fits on texts; no text's own label is in its priors (their part is left out)."""
    evidence = Evidence(examples, priors, leave_out=True)
    features = ranker_features(TEACHER_FEATURES, evidence)
    settings = {
        "objective": "binary",
        "learning_rate": params.learning_rate,
        "num_leaves": params.leaves,
        "min_data_in_leaf": params.min_leaf,
        "feature_fraction": 0.6,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    right = correct_candidates(examples).astype(int)
    data = lgb.Dataset(
        features, right, feature_name=list(TEACHER_FEATURES), params={"verbosity": -1}
    )
    return Teacher(lgb.train(settings, data, num_boost_round=params.rounds))
