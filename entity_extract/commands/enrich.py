"""The main job: catalog in, predictions out; reads and embeds what the lake lacks."""

import argparse

from entity_extract.commands.checked import checked_config, model_of
from entity_extract.commands.engine import chosen_engine, opened
from entity_extract.errors import UserError
from entity_extract.extraction.model_encoder import encoder_of_model
from entity_extract.runs.run import Run


def run(args: argparse.Namespace) -> None:
    config = checked_config(args)
    if args.limit is not None and config.catalog.complete:
        raise UserError("--limit takes a part, and catalog.complete says that it is the whole")
    engine = chosen_engine(args, config)
    bundle = model_of(args, config)
    encoder = encoder_of_model(bundle, config)
    run = Run("enrich", config)
    with opened(engine, args, run, config) as pipeline:
        pipeline.check_questions(bundle)
        pipeline.open_answers(args.answers)
        pipeline.read()
        if encoder is not None:
            pipeline.embed(encoder)
        pipeline.predict(bundle, reread=True)
        if args.answers is not None:
            pipeline.write_answers(args.answers)
        print(pipeline.finish())
        pipeline.write_metrics(args.metrics_file)
    if args.answers is not None:
        print(f"answers: {args.answers}")
    pipeline.check()
