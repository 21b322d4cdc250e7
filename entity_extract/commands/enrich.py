"""The main job: catalog in, predictions out; reads and embeds what the lake lacks."""

import argparse
from pathlib import Path

from entity_extract.commands.checked import checked_config, model_of
from entity_extract.commands.engine import (
    chosen_engine,
    may_do_without_session,
    opened,
    opened_settled,
)
from entity_extract.config import Config
from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.errors import UserError
from entity_extract.extraction.model_encoder import encoder_of_model
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.runs.judged_run import JudgedRun
from entity_extract.runs.run import Run
from entity_extract.runs.settled import Inputs, inputs_of


def run(args: argparse.Namespace) -> None:
    config = checked_config(args)
    if args.limit is not None and config.catalog.complete:
        raise UserError("--limit takes a part, and catalog.complete says that it is the whole")
    if args.limit is not None and isinstance(args.answers, Path) and args.answers.exists():
        raise UserError(
            f"--limit: {args.answers} is there already, and a trial has fewer rows: name another"
        )
    engine = chosen_engine(args, config)
    bundle = model_of(args, config)
    encoder = encoder_of_model(bundle, config)
    run = Run("enrich", config)
    seen = None if encoder is None else encoder.version
    inputs = None
    if may_do_without_session(config):
        inputs = inputs_of(run.job, vars(args), config, model=bundle.version, encoder=seen)
    done = _as_it_stands(args, run, config, bundle, inputs)
    if done is None:
        done = _worked(engine, args, run, config, bundle, encoder, inputs)
    if args.answers is not None:
        print(f"answers: {args.answers}")
    done.check()


def _as_it_stands(
    args: argparse.Namespace,
    run: Run,
    config: Config,
    bundle: Bundle,
    inputs: Inputs | None,
) -> JudgedRun | None:
    """None where there is something to do."""
    with opened_settled(args, run, config, inputs) as standing:
        if standing is not None:
            standing.answering(bundle)
            _finish(standing, args, inputs)
    return standing


def _worked(
    engine: str,
    args: argparse.Namespace,
    run: Run,
    config: Config,
    bundle: Bundle,
    encoder: ChosenEncoder | None,
    inputs: Inputs | None,
) -> JudgedRun:
    with opened(engine, args, run, config) as pipeline:
        pipeline.check_questions(bundle)
        pipeline.open_answers(args.answers)
        pipeline.read()
        if encoder is not None:
            pipeline.embed(encoder)
        pipeline.predict(bundle, reread=True)
        if args.answers is not None:
            pipeline.write_answers(args.answers)
        _finish(pipeline, args, inputs)
    return pipeline


def _finish(done: JudgedRun, args: argparse.Namespace, inputs: Inputs | None) -> None:
    print(done.finish(**({} if inputs is None else inputs.settled())))
    done.write_metrics(args.metrics_file)
