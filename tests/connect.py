"""The server of Spark Connect that tests start."""

from typing import Final

import pyspark

# Spark 4 has its server with it. Of 3.5 the newest that is to be had beside Spark 3.5.9; a client
# of 3.5 speaks with any server of 3.5.
_SPARK_3: Final = pyspark.__version__.startswith("3.")
PACKAGES: Final = "org.apache.spark:spark-connect_2.12:3.5.7" if _SPARK_3 else ""
