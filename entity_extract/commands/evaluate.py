"""Score the lake's answers against the catalog's labels; writes metrics.json, report.html and
errors.csv."""

import argparse

from entity_extract.catalog.files import check_catalog
from entity_extract.commands.checked import bundle_of
from entity_extract.commands.remote_lake import check_remote_lake
from entity_extract.commands.running import config_of
from entity_extract.evaluation.console import entity_table, figures_table
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.evaluation import SPLITS, evaluate
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake
from entity_extract.tracking.client import check_tracking
from entity_extract.tracking.runs import track_evaluation


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    check_tracking(config.tracking)
    model = bundle_of(args, config) if args.model else None
    check_catalog(args.catalog, config.catalog)
    check_remote_lake(args.lake, config)
    with spark_session("evaluate", config.spark) as spark:
        catalog = read_catalog(
            spark, args.catalog, config.catalog, entities=config.domain.entity_names
        )
        lake = Lake(spark, args.lake, config.lake)
        named = {"catalog": args.catalog, "lake": args.lake}
        if args.model:
            named["model"] = str(args.model)
        metrics = lake.reading(lambda: evaluate(lake, catalog, config, args.out, model, named))
    print(figures_table({name: metrics[name] for name in SPLITS if name in metrics}))
    print(entity_table(metrics["per_entity"], title=f"F1 on {metrics['headline']} rows"))
    print(f"report: {args.out / 'report.html'}\nmetrics: {args.out / 'metrics.json'}")
    print(f"errors: {args.out / 'errors.csv'}")
    told = named if model is None else {**named, "model_version": model.version}
    track_evaluation(config, metrics, args.out, told)
