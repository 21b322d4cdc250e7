"""What options name, checked before Spark starts."""

import argparse
import logging
from pathlib import Path

from entity_extract.catalog.files import check_catalog
from entity_extract.catalog.formats import is_of_pictures
from entity_extract.catalog.paths import local_path
from entity_extract.catalog.pictures import with_pictures_allowed
from entity_extract.catalog.table_names import table_parts, table_version
from entity_extract.commands.remote_lake import check_remote_lake
from entity_extract.commands.running import config_of
from entity_extract.config import Config
from entity_extract.errors import UserError
from entity_extract.lake.file_systems import check_root, check_writable
from entity_extract.learning.prediction.bundle import Bundle, default_bundle
from entity_extract.lineage.client import check_lineage
from entity_extract.quality.prometheus import check_metrics
from entity_extract.reading import engines
from entity_extract.tracking.client import check_tracking
from entity_extract.tracking.registry import bundle_at

log = logging.getLogger(__name__)


def bundle_of(args: argparse.Namespace, config: Config) -> Bundle:
    """The bundle that the parsed arguments name, the package's own where they name none.

    Raises BundleError, and UserError where MLflow has no such model.
    """
    return default_bundle() if args.model is None else bundle_at(args.model, config.tracking)


def model_of(args: argparse.Namespace, config: Config) -> Bundle:
    """The bundle that the parsed arguments name. Raises BundleError; warns where it was trained for
    other questions than `config` has, before anything is read."""
    bundle = bundle_of(args, config)
    for difference in config.domain.differences(bundle.domain):
        log.warning("%s; entity-extract train makes a model of your own configuration", difference)
    return bundle


def checked_config(args: argparse.Namespace, *, trains: bool = False) -> Config:
    """The configuration, once all that can be wrong with it, the catalog and OCR is ruled out.

    `trains`: what follows wants the JVM of Spark beside it. Raises UserError. Nothing of Spark is
    started, so a mistake costs seconds.
    """
    config = config_of(args)
    check_catalog(args.catalog, config.catalog)
    if is_of_pictures(args.catalog, config.catalog):
        config = with_pictures_allowed(config, args.catalog)
    _check_answers(vars(args).get("answers"), args.catalog)
    if "metrics_file" in args:
        check_metrics(args.metrics_file or config.quality.prometheus)
    check_lineage(config.lineage)
    check_root(args.lake)
    check_remote_lake(args.lake, config, trains=trains)
    check_writable(args.lake, config.spark)
    ocr = engines.chosen(config.ocr)
    engines.check(ocr, config.domain)
    return config.model_copy(update={"ocr": ocr})


def _check_answers(answers: Path | str | None, catalog: str) -> None:
    """Raises UserError where answers would be written over a catalog, or into its folder, and for
    what is no table's name."""
    if isinstance(answers, str):
        if table_parts(answers) == table_parts(catalog):
            raise UserError(f"--answers {answers}: is the catalog; name another table")
        if table_version(answers) is not None:
            raise UserError(f"--answers {answers}: no version of a table can be written to")
        return
    read = local_path(catalog)
    if (
        answers is not None
        and read is not None
        and answers.resolve().is_relative_to(read.resolve())
    ):
        raise UserError(f"--answers {answers}: the catalog lies there; name another file")


def checked_learning_config(args: argparse.Namespace) -> Config:
    """`checked_config` for a job with further catalogs to learn from."""
    config = checked_config(args, trains=True)
    check_tracking(config.tracking)
    for further in (args.labels, args.texts):
        if further is not None:
            check_catalog(further, config.catalog.of_labels)
    return config
