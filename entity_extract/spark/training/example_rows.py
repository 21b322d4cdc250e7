"""Examples to learn from, made on executors of a labelled catalog joined with what was read."""

from collections.abc import Iterable

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import Domain
from entity_extract.learning.training.table import EXAMPLE_ROW, LABELLED_ROW, example_frame
from entity_extract.schema import Status
from entity_extract.spark.stages import spread


def example_rows(joined: DataFrame, domain: Domain) -> DataFrame:
    """Labelled rows with a link, joined with what was read -> rows of EXAMPLE_ROW."""

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            yield example_frame(batch, domain)

    labelled = joined.where(
        F.col("entity_value").isNotNull()
        & F.col("entity_name").isin(list(domain.entity_names))
        & (F.col("status") != str(Status.NO_LINK))
    )
    asked = spread(labelled, "row_key").select(*LABELLED_ROW)
    return asked.mapInPandas(run, schema.ddl(EXAMPLE_ROW))
