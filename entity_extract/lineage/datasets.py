"""What a run reads and writes, as OpenLineage's datasets with what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from entity_extract.lineage.places import Place
from entity_extract.quality.judged import Quality
from entity_extract.schema import Column, TableSpec

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import DatasetFacet


@dataclass(frozen=True)
class Dataset:
    """`about` is a sentence. `also` is the name of a table that lies there. `rows` were written by
    this run; `quality` is of the answers that it holds."""

    place: Place
    about: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    version: str | None = None
    also: Place | None = None
    rows: int | None = None
    quality: Quality | None = None

    def as_input(self) -> "InputDataset":
        from openlineage.client.event_v2 import InputDataset

        return InputDataset(*self.place, facets=self._facets())

    def as_output(self) -> "OutputDataset":
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

        facets = {}
        if self.rows is not None:
            facet = statistics.OutputStatisticsOutputDatasetFacet(rowCount=self.rows)
            facets["outputStatistics"] = facet
        return OutputDataset(*self.place, facets=self._facets(), outputFacets=dict(facets))

    def _facets(self) -> "dict[str, DatasetFacet]":
        from openlineage.client.facet_v2 import (
            dataset_version_dataset,
            documentation_dataset,
            schema_dataset,
            symlinks_dataset,
        )

        found: dict[str, DatasetFacet] = {
            "documentation": documentation_dataset.DocumentationDatasetFacet(description=self.about)
        }
        if self.columns:
            fields = [
                schema_dataset.SchemaDatasetFacetFields(name, column.kind, column.about)
                for name, column in self.columns.items()
            ]
            found["schema"] = schema_dataset.SchemaDatasetFacet(fields=fields)
        if self.version is not None:
            version = dataset_version_dataset.DatasetVersionDatasetFacet(self.version)
            found["version"] = version
        if self.also is not None:
            table = symlinks_dataset.Identifier(*self.also, type="TABLE")
            found["symlinks"] = symlinks_dataset.SymlinksDatasetFacet(identifiers=[table])
        if self.quality is not None:
            found["dataQualityMetrics"] = _metrics(self.quality)
        return found


def table_of(
    spec: TableSpec, lake: Place, *, rows: int | None = None, quality: Quality | None = None
) -> Dataset:
    """A table of the lake."""
    place = lake.below(spec.name)
    return Dataset(place, spec.about, spec.described, rows=rows, quality=quality)


def _metrics(quality: Quality) -> "DatasetFacet":
    """Of all answers that the catalog's rows have, not of those of this run alone."""
    from openlineage.client.facet_v2 import data_quality_metrics_dataset as metrics

    whole = quality.figures.whole
    return metrics.DataQualityMetricsDatasetFacet(
        rowCount=whole.rows,
        columnMetrics={
            "value": metrics.ColumnMetrics(
                count=whole.answered, nullCount=whole.rows - whole.answered
            ),
            "confidence": metrics.ColumnMetrics(
                count=sum(whole.confidence), sum=whole.confidence_sum
            ),
        },
    )
