"""Score the lake's answers against the catalog's labels; writes metrics.json and report.html."""

from collections.abc import Sequence

from entity_extract.catalog.files import check_catalog
from entity_extract.config.command import config_of, local, run_job
from entity_extract.evaluation.console import entity_table, figures_table
from entity_extract.learning.prediction.bundle import load_bundle
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.evaluation import SPLITS, evaluate
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake
from jobs.options import table_parser


def main(argv: Sequence[str]) -> None:
    parser = table_parser(__doc__ or "")
    parser.add_argument("--out", required=True, type=local, help="folder for what is written")
    parser.add_argument(
        "--model", type=local, metavar="DIR", help="a bundle: the report shows how it learned"
    )
    args = parser.parse_args(argv)
    config = config_of(args)
    model = load_bundle(args.model) if args.model else None
    check_catalog(args.catalog, config.catalog)
    with spark_session("evaluate", config.spark) as spark:
        catalog = read_catalog(
            spark, args.catalog, config.catalog, entities=config.domain.entity_names
        )
        lake = Lake(spark, args.lake, config.lake)
        metrics = lake.reading(lambda: evaluate(lake, catalog, config, args.out, model))
    print(figures_table({name: metrics[name] for name in SPLITS if name in metrics}))
    print(entity_table(metrics["per_entity"], title=f"F1 on {metrics['headline']} rows"))
    print(f"report: {args.out / 'report.html'}\nmetrics: {args.out / 'metrics.json'}")


if __name__ == "__main__":
    run_job(main)
