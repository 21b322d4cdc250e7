"""Whether Spark is a server of Spark Connect."""

import os
from collections.abc import Mapping
from typing import Final

REMOTE: Final = "spark.remote"


def remote_of(settings: Mapping[str, str]) -> str | None:
    """The server that `settings`, the [spark] section, or SPARK_REMOTE name: `sc://host:15002`."""
    return settings.get(REMOTE) or os.environ.get("SPARK_REMOTE") or None
