"""How many tasks a cluster runs at once, by its configuration."""

from collections.abc import Callable

from entity_extract.errors import UserError


def most_slots(conf: Callable[[str, None], str | None]) -> int:
    """Once all executors are there; 0 where only the cluster knows. `conf` gives what a key says.

    Raises UserError where Spark may add executors without end.
    """
    found = slots_to_come(conf)
    if found is None:
        raise UserError(
            "how many tasks share fetch.host_rate_total cannot be told: dynamic allocation "
            "needs spark.dynamicAllocation.maxExecutors"
        )
    return found


def slots_to_come(conf: Callable[[str, None], str | None]) -> int | None:
    """On all executors, as configured; 0 where only the cluster knows, None without an end."""
    executors = conf("spark.executor.instances", None) or "0"
    if conf("spark.dynamicAllocation.enabled", None) == "true":
        most = conf("spark.dynamicAllocation.maxExecutors", None)
        if most is None:
            return None
        executors = most
    cores, cpus = (
        int(conf(f"spark.{name}", None) or 1) for name in ("executor.cores", "task.cpus")
    )
    return int(executors) * max(1, cores // cpus)
