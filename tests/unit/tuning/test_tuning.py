"""Tuning on the small world: never worse, gone on with, blind to validation, written to be read."""

import math
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from pydantic import ValidationError

from entity_extract.config import (
    ForestParams,
    LearningConfig,
    RankerParams,
    UnitParams,
    load_config,
)
from entity_extract.errors import TooLittle, UserError
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier
from entity_extract.learning.prediction.model import best_of_rows
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.base import fit_learners
from entity_extract.learning.training.model import predict_out_of_fold
from entity_extract.learning.training.split import folds
from entity_extract.learning.training.split_table import TrainingTable
from entity_extract.learning.tuning.conf_file import check_out, differing, tuned_toml, write_tuned
from entity_extract.learning.tuning.losses import (
    LEARNER_LOSSES,
    fold_loss,
    learner_losses,
    ranker_losses,
    transformed_folds,
)
from entity_extract.learning.tuning.search import Tuned, parts_of, tune, tune_table
from entity_extract.learning.tuning.space import (
    PARTS,
    SPACE,
    Choice,
    Range,
    Real,
    Settings,
    Value,
    from_params,
    settings_of,
    space_around,
    to_params,
    with_settings,
)
from entity_extract.learning.tuning.study import (
    Found,
    check_optuna,
    check_study_file,
    finished,
    open_study,
    run_study,
    storage_at,
)
from entity_extract.quantities.amounts import Amount
from tests.unit.learning_cases import DOMAIN, SMALL, make_products, to_examples

# Far too small, so that nearly any other trial is better.
WEAK = SMALL.model_copy(
    update={
        "folds": 2,
        "forest": ForestParams(num_trees=1, max_depth=1, threads=1),
        "ranker": RankerParams(rounds=1, learning_rate=0.001, leaves=2, min_leaf=30, threads=1),
    }
)
F1 = {"train": (0.5, 0.75), "validation": (0.5, 0.625)}


@pytest.fixture(scope="module")
def examples() -> Examples:
    return to_examples(make_products(80, seed=1))


def tuned_on(
    examples: Examples, config: LearningConfig = WEAK, *, trials: int = 3, **options: object
) -> Tuned:
    clusters = np.arange(len(examples))
    return tune(examples, clusters, config, trials=trials, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tuned(examples: Examples) -> Tuned:
    return tuned_on(examples, trials=4)


def trials_in(study: Path, name: str) -> list[tuple[dict[str, object], float | None, str]]:
    found = optuna.load_study(study_name=name, storage=f"sqlite:///{study}")
    return [(trial.params, trial.value, trial.state.name) for trial in finished(found)]


# --- the criterion --------------------------------------------------------------------------------


def test_no_part_is_worse_than_configured_and_weak_ones_are_better(tuned: Tuned) -> None:
    assert tuple(tuned.found) == PARTS
    for found in tuned.found.values():
        assert found.trials == 4
        assert found.after <= found.before
    assert tuned.found["forest"].after < 0.8 * tuned.found["forest"].before
    assert tuned.found["ranker"].after < tuned.found["ranker"].before


def test_the_loss_is_that_of_the_settings_that_were_found(tuned: Tuned, examples: Examples) -> None:
    """Tuned again from where it ended, the first trial has the loss that was promised."""
    for part in ("forest", "ranker"):
        again = tuned_on(examples, tuned.after, trials=1, parts=(part,))
        assert again.found[part].before == pytest.approx(tuned.found[part].after, abs=1e-12)
        assert settings_of(again.after, part) == settings_of(tuned.after, part)


def test_a_learners_loss_is_cross_validated_by_a_transformer_that_saw_no_held_out_label(
    examples: Examples,
) -> None:
    labelled = examples.take(np.flatnonzero([bool(labels) for labels in examples.labels]))
    fold = np.arange(len(labelled)) % 2
    wrong = tuple(
        labels if k else (Amount(9999.0, "ton" if entity == "item_weight" else "yard"),)
        for labels, k, entity in zip(labelled.labels, fold, labelled.entity, strict=True)
    )
    told, fooled = (
        transformed_folds(rows, fold, config=WEAK, background=Background())
        for rows in (labelled, replace(labelled, labels=wrong))
    )
    np.testing.assert_array_equal(told[0].held_out.features, fooled[0].held_out.features)
    np.testing.assert_array_equal(told[0].training.features, fooled[0].training.features)
    assert (told[1].held_out.features != fooled[1].held_out.features).any()
    assert (told[0].held_out.target.unit != fooled[0].held_out.target.unit).all()


@pytest.mark.parametrize("part", LEARNER_LOSSES)
def test_a_learners_loss_is_the_mean_over_the_held_out_rows_so_far(
    examples: Examples, part: str
) -> None:
    labelled = examples.take(np.flatnonzero([bool(labels) for labels in examples.labels]))
    fold = np.minimum(np.arange(len(labelled)) % 5, 2)  # a fold of three fifths among them
    made = transformed_folds(labelled, fold, config=SMALL, background=Background())
    rows = [fold_loss(part, one, SMALL) for one in made]
    assert [len(found) for found in rows] == np.bincount(fold).tolist()
    expected = [np.concatenate(rows[: k + 1]).mean() for k in range(3)]
    assert list(learner_losses(part, made, SMALL)) == pytest.approx(expected)


def test_the_unit_classifier_that_is_measured_is_the_one_that_training_fits(
    examples: Examples,
) -> None:
    """It stops early, after as many rounds: with another number of trees the loss is another."""
    stopping = UnitParams(rounds=40, min_leaf=4, early_stopping_rounds=1, held_out_fraction=0.3)
    config = SMALL.model_copy(update={"unit": stopping})
    labelled = np.flatnonzero(examples.labelled)
    fold = np.arange(len(labelled)) % 2
    (made, _) = transformed_folds(
        examples.take(labelled), fold, config=config, background=Background()
    )
    units = fit_learners(examples, labelled[fold == 1], config=config).fitted["unit"]
    assert isinstance(units, UnitClassifier)
    grown = units.booster.num_trees() // len(DOMAIN.unit_names)
    assert 1 <= grown < stopping.rounds
    held_out = made.held_out
    probability = units.probability(held_out.features, held_out.allowed)
    of_truth = probability[np.arange(len(probability)), held_out.target.unit]
    assert fold_loss("unit", made, config) == pytest.approx(-np.log(of_truth))


@pytest.mark.parametrize("config", [SMALL, WEAK], ids=["good", "often wrong"])
def test_the_rankers_loss_is_one_minus_the_best_f1_out_of_fold(
    examples: Examples, config: LearningConfig
) -> None:
    clusters = np.arange(len(examples))
    out_of_fold = predict_out_of_fold(examples, clusters, config=config)
    fold = folds(examples.entity, clusters, parts=config.folds, seed=config.seed)
    losses = list(ranker_losses(examples, out_of_fold, fold, config))
    assert len(losses) == config.folds

    chosen = best_of_rows(examples, out_of_fold.scores(config.ranker, seed=config.seed))
    right = np.append(out_of_fold.right, False)[chosen.best]
    labelled = np.array([bool(label) for label in examples.labels])
    best = 0.0
    for point in chosen.confidence:
        said = (chosen.best >= 0) & (chosen.confidence >= point)
        tp, fp, fn = (int(x.sum()) for x in (said & right, said & ~right, ~said & labelled))
        best = max(best, 2 * tp / (2 * tp + fp + fn))
    assert 0.2 < best < 1
    assert losses[-1] == pytest.approx(1 - best)


# --- validation -----------------------------------------------------------------------------------


def table_of(examples: Examples, poisoned: np.ndarray) -> TrainingTable:
    """Every fourth row is validation; `poisoned` rows (n,) get a label that is nonsense."""
    labels = [
        (Amount(9999.0, DOMAIN.entities[entity].units[0]),) if bad else label
        for entity, label, bad in zip(examples.entity, examples.labels, poisoned, strict=True)
    ]
    validation = np.arange(len(examples)) % 4 == 0
    return TrainingTable(
        rows=pd.DataFrame({"entity_name": examples.entity}),
        labels=tuple(labels),
        examples=replace(examples, labels=tuple(labels)),
        picture=examples.picture,
        clusters=np.arange(len(examples)),
        validation=validation,
        teaches=np.ones(len(examples), bool),
        dropped={},
    )


def test_labels_of_validation_rows_change_nothing(examples: Examples) -> None:
    def found(poisoned: np.ndarray) -> dict[str, Found]:
        table = table_of(examples, poisoned)
        return tune_table(table, WEAK, parts=("forest", "ranker"), trials=2).found

    rows = np.arange(len(examples))
    clean = found(rows < 0)
    assert found(rows % 4 == 0) == clean
    assert found(rows == 1)["forest"] != clean["forest"]  # a single training row does


# --- the study ------------------------------------------------------------------------------------


def test_a_study_goes_on_and_ends_as_if_it_had_not_been_interrupted(
    examples: Examples, tmp_path: Path
) -> None:
    once, twice = tmp_path / "once.db", tmp_path / "twice.db"
    tuned_on(examples, parts=("forest",), trials=3, study=twice)
    before = trials_in(twice, "forest")
    later = tuned_on(examples, parts=("forest",), trials=6, study=twice)
    after = trials_in(twice, "forest")
    assert len(before) == 3
    assert later.found["forest"].trials == len(after) == 6
    assert after[:3] == before
    whole = tuned_on(examples, parts=("forest",), trials=6, study=once)
    assert after == trials_in(once, "forest")
    assert later == whole
    assert len({str(params) for params, *_ in after}) == 6


def steep(settings: Settings) -> Iterator[float]:
    """The smaller the trees the better; of three folds each is worse than the last."""
    for fold in range(3):
        yield float(settings["max_depth"]) + 100 * fold  # type: ignore[arg-type]


def run_steep(study: optuna.Study, losses: object = steep, *, trials: int = 8) -> Found:
    current = settings_of(LearningConfig(), "forest")
    return run_study(
        study,
        losses,  # type: ignore[arg-type]
        space=space_around("forest", current),
        current=current,
        trials=trials,
        until=math.inf,
        seed=0,
    )


def new_study(path: Path | None = None) -> optuna.Study:
    return open_study(storage_at(path), "forest", {"rows": "these"}, where=str(path))


@pytest.mark.parametrize("last", [0, 3])
def test_a_trial_that_was_killed_is_made_again(tmp_path: Path, last: int) -> None:
    tried = 0

    def killed(settings: Settings) -> Iterator[float]:
        nonlocal tried
        tried += 1
        for fold, loss in enumerate(steep(settings)):
            if tried > last and fold:
                raise KeyboardInterrupt
            yield loss

    with pytest.raises(KeyboardInterrupt):
        run_steep(new_study(tmp_path / "study.db"), killed)
    study = new_study(tmp_path / "study.db")
    assert len(finished(study)) == last
    whole = new_study()
    assert run_steep(study) == run_steep(whole)
    assert [t.params for t in finished(study)] == [t.params for t in finished(whole)]
    assert len(finished(study)) == 8
    assert len(study.trials) == 9  # and the one that was killed, which is over, too
    assert all(trial.state.is_finished() for trial in study.trials)


def test_a_trial_that_falls_behind_is_ended_early_and_is_never_the_best() -> None:
    folds_of: list[int] = []

    def counted(settings: Settings) -> Iterator[float]:
        folds_of.append(0)
        for loss in steep(settings):
            folds_of[-1] += 1
            yield loss

    study = new_study()
    found = run_steep(study, counted, trials=25)
    assert found.trials == len(folds_of) == 25
    assert folds_of[:5] == [3] * 5
    assert 0 < folds_of.count(1) < 20
    complete = [t for t in finished(study) if t.state.name == "COMPLETE"]
    assert len(complete) == folds_of.count(3)
    assert found.after == min(t.value for t in complete if t.value is not None)
    assert found.settings["max_depth"] == found.after - 200


@pytest.mark.timeout(120)  # a trial that does not count would be made again for ever
def test_a_loss_that_is_no_number_loses() -> None:
    def diverged(settings: Settings) -> Iterator[float]:
        yield math.nan if settings["max_depth"] != 14 else 1.0

    found = run_steep(new_study(), diverged, trials=3)
    assert (found.trials, found.after, found.settings["max_depth"]) == (3, 1.0, 14)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, "rows"),
        ({"seed": 1}, "settings"),
        ({"forest": ForestParams(num_trees=2, threads=1)}, "settings"),
        ({"forest": ForestParams(num_trees=1000, threads=1)}, "search space"),
    ],
)
def test_a_study_of_something_else_is_refused(
    examples: Examples, tmp_path: Path, change: dict[str, object], named: str
) -> None:
    study = tmp_path / "study.db"
    tuned_on(examples, parts=("forest",), trials=1, study=study)
    rows = examples if change else examples.take(np.arange(1, len(examples)))
    with pytest.raises(UserError, match=rf"study\.db.*{named}.* differ"):
        tuned_on(rows, WEAK.model_copy(update=change), parts=("forest",), trials=2, study=study)
    assert len(trials_in(study, "forest")) == 1
    more = WEAK.forest.model_copy(update={"threads": 2})  # changes no model
    tuned_on(examples, WEAK.model_copy(update={"forest": more}), parts=("forest",), study=study)


def test_no_trial_begins_after_the_time_is_up(examples: Examples) -> None:
    found = tuned_on(examples, trials=50, timeout_s=1e-6, parts=("ranker", "forest")).found
    assert [(part, f.trials, f.after == f.before) for part, f in found.items()] == [
        ("forest", 1, True),
        ("ranker", 1, True),
    ]


@pytest.mark.parametrize("part", ["forest", "ranker"])
def test_too_few_rows_are_refused(examples: Examples, part: str) -> None:
    few = examples.take(np.flatnonzero([bool(labels) for labels in examples.labels])[:3])
    with pytest.raises(TooLittle, match="3 labelled, readable rows are too few"):
        tuned_on(few, parts=(part,))


def test_only_too_few_rows_are_the_users_to_mend(examples: Examples) -> None:
    table = table_of(examples, np.zeros(len(examples), bool))
    few = replace(table, validation=np.arange(len(examples)) > 2)
    with pytest.raises(UserError, match="cannot tune on this catalog"):
        tune_table(few, WEAK, parts=("forest",), trials=1)
    broken = replace(examples, image=np.full_like(examples.image, np.nan))
    with pytest.raises(ValueError, match="NaN") as caught:
        tune_table(replace(table, examples=broken), WEAK, parts=("forest",), trials=1)
    assert not isinstance(caught.value, UserError)


# --- the search space -----------------------------------------------------------------------------

ENTRIES = [
    pytest.param(part, entry, id=f"{part}.{entry.name}")
    for part, entries in SPACE.items()
    for entry in entries
]


def ends(entry: Range) -> tuple[Value, ...]:
    return entry.values if isinstance(entry, Choice) else (entry.low, entry.high)


@pytest.mark.parametrize(("part", "entry"), ENTRIES)
def test_every_range_is_of_a_key_and_legal_to_its_ends(part: str, entry: Range) -> None:
    for value in ends(entry):
        config = with_settings(LearningConfig(), part, {entry.name: value})
        assert settings_of(config, part)[entry.name] == value
        assert with_settings(config, part, settings_of(LearningConfig(), part)) == LearningConfig()
    if not isinstance(entry, Choice):
        assert entry.low < entry.high
        assert entry.low > 0 or not entry.log
    default = settings_of(LearningConfig(), part)[entry.name]
    assert entry in space_around(part, settings_of(LearningConfig(), part))  # nothing to widen
    assert isinstance(ends(entry)[0], type(default))


def test_an_illegal_value_is_refused() -> None:
    with pytest.raises(ValidationError, match="num_tree"):
        with_settings(LearningConfig(), "forest", {"num_tree": 4})
    with pytest.raises(ValidationError, match="dropout"):
        with_settings(LearningConfig(), "fusion", {"dropout": 1.0})


def test_ranges_are_widened_to_what_is_configured() -> None:
    odd: dict[str, Value] = {"hidden": (300,), "weight_decay": 0.0, "learning_rate": 0.05}
    config = with_settings(LearningConfig(), "fusion", odd)
    space = {entry.name: entry for entry in space_around("fusion", settings_of(config, "fusion"))}
    assert space["hidden"].values[-1] == (300,)  # type: ignore[union-attr]
    assert space["weight_decay"] == Real("weight_decay", 0.0, 0.1, log=False)
    assert space["learning_rate"] == Real("learning_rate", 1e-4, 0.05, log=True)


def test_what_is_configured_comes_back_exactly_and_other_floats_with_three_digits() -> None:
    current = {**settings_of(LearningConfig(), "fusion"), "learning_rate": 0.00123456}
    space = space_around("fusion", current)
    params = to_params(space, current)
    assert params["hidden"] == "[256, 128]"
    assert from_params(space, params, current) == current
    other = from_params(space, {**params, "dropout": 0.123456, "hidden": "[64]"}, current)
    assert other == {**current, "dropout": 0.123, "hidden": (64,)}


# --- the file -------------------------------------------------------------------------------------


def finding(before: LearningConfig, after: LearningConfig, *parts: str) -> Tuned:
    found = {
        part: Found(trials=7, before=0.5, after=0.25, settings=settings_of(after, part))
        for part in parts
    }
    return Tuned(before, after, found, rows=80, pictures=40)


def test_the_file_holds_what_differs_and_every_job_reads_it(tuned: Tuned, tmp_path: Path) -> None:
    path = tmp_path / "tuned.toml"
    write_tuned(path, tuned, F1)
    read = load_config([path]).learning
    for part in PARTS:
        assert settings_of(read, part) == settings_of(tuned.after, part)
    held = tomllib.loads(path.read_text())
    assert list(held) == ["learning"]
    for part, keys in held["learning"].items():
        for key, value in keys.items():
            settled = [settings_of(c, part)[key] for c in (LearningConfig(), tuned.before)]
            assert settled != [value, value]
    assert list(tmp_path.iterdir()) == [path]
    write_tuned(path, tuned, F1)  # its own file it replaces
    assert tuned_toml(tuned, F1) == path.read_text()


def test_only_differing_keys_of_tuned_parts_are_written() -> None:
    before = LearningConfig(folds=3, forest=ForestParams(num_trees=50, min_leaf=3))
    after = before.model_copy(update={"forest": ForestParams(num_trees=100, min_leaf=3)})
    # Back to the default, but not to what was configured; and configured, but not the default.
    assert differing(finding(before, after, "forest", "unit")) == {
        "forest": {"num_trees": 100, "min_leaf": 3}
    }
    assert differing(finding(LearningConfig(), LearningConfig(), *PARTS)) == {}
    assert differing(finding(before, after, "unit")) == {}


def test_the_file_says_what_was_gained_and_values_of_every_kind(tmp_path: Path) -> None:
    changes: dict[str, Value] = {"hidden": (64,), "weight_decay": 1e-05, "patience": 9}
    after = with_settings(LearningConfig(), "fusion", changes)
    after = with_settings(after, "ranker", {"objective": "lambdarank"})
    path = tmp_path / "tuned.toml"
    write_tuned(path, finding(LearningConfig(), after, "fusion", "ranker"), F1)
    assert load_config([path]).learning == after
    comments = [line for line in path.read_text().splitlines() if line.startswith("#")]
    said = "\n".join(comments)
    assert "80 rows of 40 pictures" in said
    rows = [line[1:].split() for line in comments]
    assert ["validation", "0.5000", "0.6250"] in rows
    assert [row[-3:] for row in rows if row[:1] == ["ranker"]] == [["7", "0.50000", "0.25000"]]


def test_a_file_that_would_not_be_read_is_not_moved_in_place(tmp_path: Path) -> None:
    path = tmp_path / "tuned.toml"
    broken = LearningConfig().model_copy(
        update={"forest": ForestParams().model_copy(update={"num_trees": -1})}
    )
    with pytest.raises(UserError, match="num_trees"):
        write_tuned(path, finding(LearningConfig(), broken, "forest"), F1)
    assert not path.exists()


# --- what a user can get wrong --------------------------------------------------------------------


def test_parts_are_ordered_and_an_unknown_one_is_named() -> None:
    assert parts_of("ranker, forest") == ("forest", "ranker")
    for text in ("forest,teacher", ""):
        with pytest.raises(UserError, match="known are forest, unit, fusion, ranker"):
            parts_of(text)


def test_an_out_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("[fetch]\nthreads = 4\n")
    for path in (mine, tmp_path, mine / "tuned.toml"):
        with pytest.raises(UserError, match=str(path)):
            check_out(path)
    check_out(tmp_path / "new" / "tuned.toml")
    assert mine.read_text() == "[fetch]\nthreads = 4\n"


def test_a_study_file_that_is_none_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_text("index,image_link\n")
    for path in (other, tmp_path):
        with pytest.raises(UserError, match=str(path)):
            check_study_file(path)
    assert other.read_text() == "index,image_link\n"
    new_study(tmp_path / "study.db")
    check_study_file(tmp_path / "study.db")


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    check_optuna()
    monkeypatch.setitem(sys.modules, "optuna", None)  # as Python marks what cannot be imported
    with pytest.raises(UserError, match=r'pip install "entity-extract\[tune\]"'):
        check_optuna()
