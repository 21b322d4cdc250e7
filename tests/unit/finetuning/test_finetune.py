"""The image encoder learns end to end, only from the training side, and goes on where it broke."""

import argparse
import io
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from PIL import Image

from entity_extract.commands import finetune as job
from entity_extract.commands.main import parser
from entity_extract.config import (
    AugmentConfig,
    EmbedConfig,
    FinetuneConfig,
    FusionParams,
    LearningConfig,
    load_config,
)
from entity_extract.embedding.augment import Pictures, augmentation, batches
from entity_extract.embedding.encoder import ImageEncoder, encoder_version
from entity_extract.embedding.state_dicts import SEEN
from entity_extract.embedding.weights import Weights, load_weights
from entity_extract.errors import UserError
from entity_extract.learning.features.frames import example_frame
from entity_extract.learning.finetuning.dataset import FinetuneDataset
from entity_extract.learning.finetuning.finetune import EpochFigures, Finetuned, finetune
from entity_extract.learning.finetuning.network import PictureNet, rate_share
from entity_extract.learning.training.leakage import (
    check_encoder,
    check_unseen,
    picture_key,
    rows_seen,
)
from entity_extract.learning.training.learners.fusion_net import inner_split
from entity_extract.learning.training.split_table import training_table
from tests.unit.finetuning.cases import SIDE, dataset_of, drawn, labelled, network, write_shop

ROOT = Path(__file__).parents[3]
DOMAIN = load_config().domain
LEARNING = LearningConfig()
ROWS = labelled(24)
FUSION = FusionParams(hidden=(), dropout=0.2, held_out_fraction=0.25, max_epochs=1)
CONFIG = FinetuneConfig(epochs=2, patience=9, batch_size=8, stages=1, precision="float32")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def embed(tmp_path_factory: pytest.TempPathFactory) -> EmbedConfig:
    path = tmp_path_factory.mktemp("weights") / "resnet50.pth"
    torch.save(network().state_dict(), path)
    return EmbedConfig(weights=str(path), device="cpu", image_px=SIDE, precision="float32")


@pytest.fixture(scope="module")
def weights(embed: EmbedConfig) -> Weights:
    return load_weights(embed)


@pytest.fixture(scope="module")
def dataset() -> FinetuneDataset:
    return dataset_of(ROWS, LEARNING, DOMAIN)


Run = Callable[..., Finetuned]


@pytest.fixture(scope="module")
def run(dataset: FinetuneDataset, weights: Weights, embed: EmbedConfig) -> Run:
    def run(
        dataset: FinetuneDataset = dataset,
        weights: Weights = weights,
        fusion: FusionParams = FUSION,
        checkpoint: Path | None = None,
        report: Callable[[EpochFigures], None] = lambda _: None,
        **settings: object,
    ) -> Finetuned:
        config = CONFIG.model_copy(update=settings)
        return finetune(
            dataset,
            weights,
            config,
            embed=embed,
            fusion=fusion,
            checkpoint=checkpoint,
            report=report,
        )

    return run


@pytest.fixture(scope="module")
def undisturbed(run: Run) -> Finetuned:
    return run()


def asked(*words: str | Path) -> argparse.Namespace:
    return parser().parse_args(["finetune", *map(str, words)])


def tensors(made: Finetuned | Weights) -> dict[str, torch.Tensor]:
    return safetensors.torch.load(made.content)


def moved(made: Finetuned, origin: Weights) -> set[str]:
    """Names of the tensors that are no longer those of `origin`."""
    after = tensors(made)
    return {n for n, before in tensors(origin).items() if not torch.equal(before, after[n])}


def test_the_encoder_learns_what_only_pixels_tell(run: Run) -> None:
    still = {"head_rate": 1e-9, "encoder_rate": 1e-4, "batch_size": 4}  # the encoder alone moves
    more = dataset_of(labelled(40), LEARNING, DOMAIN)
    made = run(more, fusion=FUSION.model_copy(update={"dropout": 0.0}), **still)
    first, *_ = made.curve
    assert made.best.epoch > 0
    assert made.best.held_out_loss < 0.5 * first.held_out_loss
    assert first.unit_accuracy < 0.8 < made.best.unit_accuracy


def test_trained_stages_alone_change_and_batch_norm_never(run: Run, weights: Weights) -> None:
    made = run(stages=2, epochs=1, encoder_rate=1e-4, batch_size=4, head_rate=1e-9)
    assert made.best.epoch == 1
    convolutions = {name for name, tensor in tensors(weights).items() if tensor.ndim == 4}
    trained = {name for name in convolutions if name.startswith(("layer3.", "layer4."))}
    assert moved(made, weights) == trained


def test_later_stages_learn_faster_and_the_head_fastest(
    dataset: FinetuneDataset, weights: Weights, embed: EmbedConfig
) -> None:
    config = CONFIG.model_copy(update={"stages": 5, "stage_decay": 0.5})
    net = PictureNet(dataset, weights, config, embed=embed, params=FUSION)
    rates = [group["peak"] for group in net.optimizer.param_groups]
    assert rates == [1e-3, 1e-4, 5e-5, 2.5e-5, 1.25e-5, 6.25e-6]
    learned = {id(p) for group in net.optimizer.param_groups for p in group["params"]}
    assert learned >= {id(m) for n, m in net.network.named_parameters() if m.ndim == 4}


def test_rates_rise_to_their_peak_and_fall_to_nothing() -> None:
    shares = [rate_share(step, 100, 0.1) for step in range(100)]
    assert max(shares) == shares[10] == 1.0
    assert all(a < b for a, b in pairwise(shares[:10]))
    assert all(a > b for a, b in pairwise(shares[10:]))
    assert 0 < shares[-1] < 0.001
    assert rate_share(0, 1, 0.0) == 1.0


class CutOff(Exception):
    """Stands for whatever ends a run early."""


def cut_off_after(epoch: int) -> Callable[[EpochFigures], None]:
    def report(figures: EpochFigures) -> None:
        if figures.epoch == epoch:
            raise CutOff

    return report


@pytest.fixture(scope="module")
def cut_off(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut-off")
    with pytest.raises(CutOff):
        run(checkpoint=folder, report=cut_off_after(1))
    return folder / "checkpoint.pt"


def test_a_run_that_was_cut_off_ends_with_the_same_weights_to_the_bit(
    run: Run, undisturbed: Finetuned, cut_off: Path, tmp_path: Path
) -> None:
    shutil.copy(cut_off, tmp_path)
    torch.manual_seed(12345)  # what else happens in the process does not matter
    heard: list[int] = []
    resumed = run(checkpoint=tmp_path, report=lambda figures: heard.append(figures.epoch))
    assert heard == [0, 1, 2]
    assert resumed.curve == undisturbed.curve
    assert resumed.content == undisturbed.content


def test_a_run_goes_on_after_its_last_whole_epoch(run: Run, cut_off: Path, tmp_path: Path) -> None:
    """Not from the start, which would end in the same weights."""
    state = torch.load(cut_off, weights_only=True)
    state["curve"][1]["held_out_loss"] = -1.0
    torch.save(state, tmp_path / "checkpoint.pt")
    resumed = run(checkpoint=tmp_path)
    assert resumed.best.epoch == 1
    best = {name: tensors(resumed)[name] for name in state["best"]}
    assert all(torch.equal(best[name], tensor) for name, tensor in state["best"].items())


def test_the_number_of_workers_does_not_change_the_weights(
    run: Run, undisturbed: Finetuned
) -> None:
    assert run(workers=2).content == undisturbed.content


def test_another_seed_gives_other_weights(run: Run, undisturbed: Finetuned) -> None:
    assert run(seed=1).curve != undisturbed.curve


def test_the_checkpoint_of_another_run_is_refused(
    run: Run, dataset: FinetuneDataset, weights: Weights, cut_off: Path, tmp_path: Path
) -> None:
    folder = cut_off.parent
    with pytest.raises(UserError, match="the configuration differ"):
        run(checkpoint=folder, encoder_rate=0.5)
    other = replace(dataset, thumbnails=[*dataset.thumbnails[1:], dataset.thumbnails[0]])
    with pytest.raises(UserError, match="the catalog or its pictures differ"):
        run(other, checkpoint=folder)
    with pytest.raises(UserError, match="the weights to start from differ"):
        run(weights=replace(weights, sha256="another"), checkpoint=folder)
    (tmp_path / cut_off.name).write_bytes(b"no checkpoint")
    with pytest.raises(UserError, match="no checkpoint, or a broken one"):
        run(checkpoint=tmp_path)


def sides(rows: pd.DataFrame) -> pd.Series:
    """image_link -> whether jobs.train would hold it out."""
    table = training_table(example_frame(rows, DOMAIN), LEARNING, DOMAIN)
    return pd.Series(table.validation, table.rows["image_link"])


def test_validation_pictures_are_neither_looked_at_nor_learned_from(
    run: Run, undisturbed: Finetuned, dataset: FinetuneDataset
) -> None:
    held_out = ROWS["image_link"].map(sides(ROWS.sample(frac=1, random_state=1)))
    spoilt = ROWS.assign(thumbnail=ROWS["thumbnail"].mask(held_out, b"no picture"))
    training = ROWS["content_sha256"][~held_out].map(picture_key)
    assert set(dataset.keys.tolist()) == set(training)
    assert 0 < held_out.sum() == len(ROWS) - len(dataset.keys)
    assert run(dataset_of(spoilt, LEARNING, DOMAIN)).content == undisturbed.content


def test_the_part_that_says_when_to_stop_is_not_learned_from(
    run: Run, undisturbed: Finetuned, dataset: FinetuneDataset
) -> None:
    _, held_out = inner_split(dataset.group, FUSION.held_out_fraction, CONFIG.seed)
    shifted = dataset.log_si.copy()
    shifted[held_out] += 5.0
    other = run(replace(dataset, log_si=shifted))
    for ours, theirs in zip(other.curve, undisturbed.curve, strict=True):
        assert ours.training_loss == theirs.training_loss
        assert ours.value_error > theirs.value_error + 1


def test_all_questions_about_a_picture_are_learned_with_it(
    weights: Weights, embed: EmbedConfig
) -> None:
    twice = pd.concat([ROWS, ROWS.assign(entity_name="maximum_weight_recommendation", row_copy=2)])
    asked = dataset_of(twice.reset_index(drop=True), LEARNING, DOMAIN)
    net = PictureNet(asked, weights, CONFIG, embed=embed, params=FUSION)
    rows = net.seen_rows(torch.arange(len(asked.label)))
    assert len(asked.label) == 2 * len(asked.thumbnails)
    expected = ImageEncoder(weights.content, embed).embed(asked.thumbnails)[asked.picture]
    width = asked.features.shape[1]
    np.testing.assert_array_equal(rows.features[:, :width].numpy(), asked.features)
    np.testing.assert_allclose(rows.features[:, width:].numpy(), expected, atol=1e-4)
    np.testing.assert_array_equal(rows.labels.numpy(), asked.label)


def test_bfloat16_sees_nearly_the_same(
    dataset: FinetuneDataset, weights: Weights, embed: EmbedConfig
) -> None:
    def seen(precision: str) -> torch.Tensor:
        config = CONFIG.model_copy(update={"precision": precision})
        net = PictureNet(dataset, weights, config, embed=embed, params=FUSION)
        return net.seen_rows(torch.arange(8)).features[:, dataset.features.shape[1] :]

    exact, rough = seen("float32"), seen("bfloat16")
    assert torch.nn.functional.cosine_similarity(exact, rough).min() > 0.99
    assert not torch.equal(exact, rough)


def test_what_was_learned_embeds_and_says_what_it_has_seen(
    undisturbed: Finetuned,
    dataset: FinetuneDataset,
    weights: Weights,
    embed: EmbedConfig,
    tmp_path: Path,
) -> None:
    path = tmp_path / "tuned.safetensors"
    undisturbed.write(path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    tuned = embed.model_copy(update={"weights": str(path)})
    loaded = load_weights(tuned)
    assert loaded.seen == set(dataset.keys.tolist())
    assert weights.seen == frozenset()
    assert encoder_version(loaded, tuned) != encoder_version(weights, embed)
    before, after = (
        ImageEncoder(w.content, embed).embed(dataset.thumbnails) for w in (weights, loaded)
    )
    assert np.isfinite(after).all()
    assert not np.allclose(before, after)
    with safetensors.safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["finetune"])
    assert about["origin_sha256"] == weights.sha256
    assert [row["epoch"] for row in about["curve"]] == [0, 1, 2]
    assert about["split"] == {
        "validation_fraction": 0.2,
        "split": "image",
        "near_duplicate_bits": 4,
        "same_figures_share": 0.5,
        "seed": 0,
    }


def test_the_weights_are_those_of_the_best_epoch(run: Run, weights: Weights) -> None:
    worse = run(encoder_rate=0.01, head_rate=1e-9, epochs=1)
    assert worse.best.epoch == 0
    assert moved(worse, weights) == set()


def test_learning_that_diverges_is_ended_with_a_hint(run: Run) -> None:
    with pytest.raises(UserError, match=r"lower finetune\.encoder_rate"):
        run(encoder_rate=1e6, clip_norm=1e9)


def test_what_earlier_fine_tuning_saw_is_not_forgotten(
    run: Run, weights: Weights, dataset: FinetuneDataset
) -> None:
    made = run(weights=replace(weights, seen=frozenset({7})), epochs=1)
    assert set(tensors(made)[SEEN].tolist()) == {7, *dataset.keys.tolist()}


def test_an_encoder_may_not_have_seen_a_validation_picture() -> None:
    content = [f"{number:064x}" for number in (2**250, 2**251, 2**252)]
    keys = [picture_key(sha) for sha in content]
    validation = np.array([True, False, True, True])
    check_unseen([*content, None], validation, {keys[1]})
    with pytest.raises(UserError, match=r"1 of 2 pictures .* learning\.seed"):
        check_unseen([*content, None], validation, {keys[1], keys[2]})


def test_weights_that_saw_validation_pictures_are_not_tuned_further(
    dataset: FinetuneDataset,
) -> None:
    seen = frozenset(dataset.keys.tolist())
    assert len(dataset_of(ROWS, LEARNING, DOMAIN, seen=seen).keys) == len(seen)
    with pytest.raises(UserError, match="pictures that are now in validation"):
        dataset_of(ROWS, LEARNING.model_copy(update={"seed": 1}), DOMAIN, seen=seen)


def test_rows_that_are_learned_from_but_whose_labels_the_encoder_knows_are_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    rows = labelled(24)
    rows.loc[:2, "content_sha256"] = None  # its picture is not known
    table = training_table(example_frame(rows, DOMAIN), LEARNING, DOMAIN)
    contents = table.rows["content_sha256"]
    check_encoder(table, {7})
    assert not caplog.records
    known = contents[table.learn_from].dropna()
    seen = {picture_key(content) for content in known[:5]}
    check_encoder(table, {7, *seen})
    assert rows_seen(table, seen) == 5
    assert f"of 5 of the {len(table.learn_from)} rows to learn from" in caplog.text
    with pytest.raises(UserError, match="1 of"):
        check_encoder(table, {picture_key(contents[table.validation].dropna().iloc[0])})


def test_rows_that_teach_nothing_are_counted() -> None:
    mixed = labelled(60)
    mixed.loc[:4, "entity_name"] = "beauty"
    mixed.loc[5:9, "entity_value"] = ""
    mixed.loc[10:14, "thumbnail"] = None
    made = dataset_of(mixed, LEARNING, DOMAIN)
    assert made.left_out["unknown_entity"] == 5
    assert sum(made.left_out.values()) + len(made.label) == 60
    by_category = LEARNING.model_copy(update={"split": "group"})
    mixed["group_id"] = [str(i % 10) for i in range(60)]
    mixed.loc[50:, "image_link"] = [f"http://shop/{i + 1}.jpg" for i in range(40, 50)]
    made = dataset_of(mixed, by_category, DOMAIN)
    assert made.left_out["picture_in_validation"] > 0
    assert sum(made.left_out.values()) + len(made.label) == 60
    with pytest.raises(UserError, match="none of 24 labelled rows"):
        dataset_of(ROWS.assign(entity_value=""), LEARNING, DOMAIN)


def picture(thumbnail: bytes) -> Image.Image:
    return Image.open(io.BytesIO(thumbnail)).convert("RGB")


def test_changed_pictures_keep_their_size_and_their_white_background() -> None:
    strong = AugmentConfig(angle=45, quarter_turn=0.5, scale=0.3, colour=1.0)
    change = augmentation(strong)
    dot = Image.new("RGB", (SIDE, SIDE), "white")
    dot.paste((90, 120, 60), (14, 14, 19, 19))
    different = set()
    for seed in range(40):
        torch.manual_seed(seed)
        changed = np.asarray(change(dot))
        assert changed.shape == (SIDE, SIDE, 3)
        edge = np.concatenate([changed[:4].ravel(), changed[-4:].ravel(), changed[:, :4].ravel()])
        assert (edge == 255).all()
        assert (changed != 255).any()
        different.add(changed.tobytes())
    assert len(different) == 40


def test_a_quarter_turn_is_exact() -> None:
    image = picture(drawn(False, np.random.default_rng(3)))
    only = AugmentConfig(
        angle=0, quarter_turn=1, flip_horizontal=0, flip_vertical=0, scale=0, colour=0
    )
    turned = {np.rot90(np.asarray(image), k).tobytes() for k in (1, 2, 3)}
    change = augmentation(only)
    torch.manual_seed(0)
    assert {np.asarray(change(image)).tobytes() for _ in range(30)} == turned


def test_without_changes_a_picture_is_as_it_is_embedded() -> None:
    thumbnails = [drawn(True, np.random.default_rng(4))]
    none = AugmentConfig(
        angle=0, quarter_turn=0, flip_horizontal=0, flip_vertical=0, scale=0, colour=0
    )
    _, plain = Pictures(thumbnails, SIDE, augment=None, seed=0)[0]
    _, unchanged = Pictures(thumbnails, SIDE, augment=none, seed=0)[0]
    assert torch.equal(plain, unchanged)
    assert plain.shape == (SIDE, SIDE, 3)


def test_changes_follow_from_seed_and_picture_alone() -> None:
    thumbnails = ROWS["thumbnail"].tolist()[:12]

    def shown(seed: int, order: torch.Tensor, workers: int) -> dict[int, torch.Tensor]:
        pictures = Pictures(thumbnails, SIDE, augment=AugmentConfig(), seed=seed)
        made = batches(pictures, order, size=5, workers=workers, pin=False)
        return {int(p): x for places, pixels in made for p, x in zip(places, pixels, strict=True)}

    before = torch.get_rng_state()
    first = shown(1, torch.arange(12), 0)
    assert torch.equal(torch.get_rng_state(), before)
    again, other = shown(1, torch.arange(12).flip(0), 2), shown(2, torch.arange(12), 0)
    assert list(again) == list(range(11, -1, -1))
    assert all(torch.equal(first[i], again[i]) for i in range(12))
    assert not any(torch.equal(first[i], other[i]) for i in range(12))
    alike = Pictures(thumbnails[:1] * 12, SIDE, augment=AugmentConfig(), seed=1)
    assert len({pixels.numpy().tobytes() for _, pixels in (alike[i] for i in range(12))}) == 12


def test_memory_does_not_hold_the_pictures(tmp_path: Path) -> None:
    rows, rng = labelled(6000), np.random.default_rng(5)
    rows["thumbnail"] = [rng.bytes(60_000) for _ in range(len(rows))]
    shop = write_shop(tmp_path, rows, row_group_size=20)
    command = [sys.executable, "-m", "tests.unit.finetuning.memory", *map(str, shop)]
    done = subprocess.run(
        [*command, str(tmp_path / "aside")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    before, at_most, pictures = json.loads(done.stdout.splitlines()[-1])
    assert pictures > 200_000_000
    assert at_most - before < pictures
    assert not (tmp_path / "aside").exists()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_shop(tmp_path_factory.mktemp("shop"), ROWS)


def options(shop: tuple[Path, Path], embed: EmbedConfig, out: Path) -> list[str]:
    settings = {
        "embed.weights": embed.weights,
        "embed.device": "cpu",
        "embed.image_px": SIDE,
        "learning.fusion.max_epochs": 1,
        "finetune.epochs": 2,
        "finetune.stages": 1,
        "finetune.batch_size": 8,
    }
    pairs = [x for key, value in settings.items() for x in ("--set", f"{key}={value}")]
    return ["--catalog", str(shop[0]), "--lake", str(shop[1]), "--out", str(out), *pairs]


def test_the_job_needs_no_spark_and_goes_on_after_it_was_killed(
    shop: tuple[Path, Path], embed: EmbedConfig, dataset: FinetuneDataset, tmp_path: Path
) -> None:
    out = tmp_path / "made" / "tuned.safetensors"
    (tmp_path / "pyspark.py").write_text("raise ImportError('no Spark on this machine')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "jobs.finetune", *options(shop, embed, out)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        for line in first.stdout:
            if line.split()[:1] == ["1"]:
                first.kill()
    assert not out.exists()
    assert (tmp_path / "made/tuned.safetensors.checkpoint/checkpoint.pt").exists()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "goes on after epoch" in done.stderr
    assert f'--set embed.weights="{out}"' in done.stdout
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    loaded = load_weights(embed.model_copy(update={"weights": str(out)}))
    assert loaded.seen == set(dataset.keys.tolist())


def test_a_lake_may_be_named_by_a_url_and_the_weights_may_not(
    shop: tuple[Path, Path], embed: EmbedConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tuned.safetensors"
    url = ["--lake", f"file://{shop[1]}"]
    with pytest.raises(UserError, match="holds nothing of reader_version r2"):  # so it was opened
        job.run(asked(*options(shop, embed, out), *url, "--reader-version", "r2"))
    with pytest.raises(SystemExit, match="2"):
        asked(*options(shop, embed, out), "--out", "s3a://shop/tuned.safetensors")
    assert "a path on the driver's machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--out", "weights.pth"], r"must be a file that ends in \.safetensors"),
        (["--lake", "nowhere"], "nowhere: no lake with images there"),
        (["--catalog", "nowhere.csv"], "no such file"),
        (["--reader-version", "r2"], "holds nothing of reader_version r2, only r1"),
        (["--set", "embed.weights=none"], "nothing to fine-tune"),
        (["--set", "embed.weights=nowhere.pth"], "there is no file"),
        (["--set", "finetune.stages=6"], r"finetune\.stages"),
        (["--set", "finetune.augment.angel=6"], "did you mean angle?"),
    ],
)
def test_bad_inputs_are_refused_before_anything_is_learned(
    shop: tuple[Path, Path],
    embed: EmbedConfig,
    tmp_path: Path,
    more: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(UserError, match=complaint):
        job.run(asked(*options(shop, embed, tmp_path / "tuned.safetensors"), *more))
    assert "epoch" not in capsys.readouterr().out


def test_a_network_that_is_no_resnet_is_refused_by_name(
    dataset: FinetuneDataset, tmp_path: Path
) -> None:
    embed = EmbedConfig(encoder="mobilenet_v3_small", weights="random", device="cpu", image_px=SIDE)
    with pytest.raises(UserError, match=r"embed\.encoder = 'mobilenet_v3_small': fine-tuning"):
        job.check(tmp_path / "made.safetensors", embed)
    with pytest.raises(UserError, match=r"embed\.encoder = 'mobilenet_v3_small': fine-tuning"):
        finetune(dataset, load_weights(embed), CONFIG, embed=embed, fusion=FUSION)
