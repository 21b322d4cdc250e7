"""How many tasks a cluster runs at once, by its configuration."""

from collections.abc import Callable

from entity_extract.errors import UserError


def most_slots(conf: Callable[[str, None], str | None]) -> int:
    """Once all executors are there; 0 where only the cluster knows. `conf` gives what a key says.

    Raises UserError where Spark may add executors without end.
    """
    cores, cpus = (
        int(conf(f"spark.{name}", None) or 1) for name in ("executor.cores", "task.cpus")
    )
    return _most_executors(conf) * max(1, cores // cpus)


def _most_executors(conf: Callable[[str, None], str | None]) -> int:
    if conf("spark.dynamicAllocation.enabled", None) != "true":
        return int(conf("spark.executor.instances", None) or 0)
    most = conf("spark.dynamicAllocation.maxExecutors", None)
    if most is None:
        raise UserError(
            "how many tasks share fetch.host_rate_total cannot be told: dynamic allocation "
            "needs spark.dynamicAllocation.maxExecutors"
        )
    return int(most)
