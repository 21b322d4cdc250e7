"""Whether a job can do its work on the server of Spark Connect that somebody has named."""

from entity_extract.config import Config
from entity_extract.config.remote import remote_of
from entity_extract.errors import UserError


def check_remote_lake(lake: str, config: Config, *, trains: bool = False) -> None:
    """Raises UserError where a server of Spark Connect is named, and cannot be reached or cannot do
    what is asked: with this lake, or where what follows `trains`."""
    if remote_of(config.spark) is None:
        return
    from entity_extract.spark.session.remote import check_remote
    from entity_extract.spark.tables.storage import check_reachable

    if trains:
        raise UserError(
            "training wants Spark's JVM beside it: leave spark.remote and SPARK_REMOTE out"
        )
    if config.lake.format == "delta":
        raise UserError(
            "over Spark Connect a lake is of Parquet: set lake.format=parquet, "
            "or leave spark.remote and SPARK_REMOTE out"
        )
    check_reachable(lake)
    check_remote(config.spark)
