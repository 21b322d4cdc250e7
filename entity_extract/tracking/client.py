"""MLflow, where it is installed: it is asked for here alone, and only where [tracking] is used."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from entity_extract.config import TrackingConfig
from entity_extract.config.secrets import masked
from entity_extract.errors import UserError

_RETRIES: Final = "3"  # of a request, after 2, 4 and 8 seconds


def mlflow_of(config: TrackingConfig) -> Any:
    """The package, at work with `config.uri`, or MLFLOW_TRACKING_URI where that is not set.

    Raises UserError where it is not installed. It tells nobody that it is used.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # Of its own it asks a server that is down for more than four minutes, and says nothing.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", _RETRIES)
    try:
        import mlflow
    except ImportError:
        raise UserError('MLflow is not installed: pip install "entity-extract[mlflow]"') from None
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if config.uri is not None:
        mlflow.set_tracking_uri(config.uri)
    return mlflow


@contextmanager
def told(doing: str) -> Iterator[None]:
    """What MLflow, its server or its database refuses becomes a UserError: `doing: why`; so does a
    database whose driver is not installed."""
    try:
        yield
    except _refusals() as err:
        why = next(iter(str(err).splitlines()), type(err).__name__)
        raise UserError(f"MLflow, {doing}: {masked(why)}") from err


def _refusals() -> tuple[type[Exception], ...]:
    from mlflow.exceptions import MlflowException

    try:
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:  # the small MLflow, which then asks servers alone
        return MlflowException, ImportError, OSError
    return MlflowException, SQLAlchemyError, ImportError, OSError


def check_tracking(config: TrackingConfig) -> None:
    """Before Spark starts. Raises UserError where runs are to be tracked and cannot be."""
    if config.uri is not None:
        mlflow = mlflow_of(config)
        with told(f"tracking.experiment {config.experiment}"):
            mlflow.set_experiment(config.experiment)
