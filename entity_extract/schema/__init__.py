"""Names and table schemas shared by stages, writers, readers and tests."""

from entity_extract.schema.names import (
    ENTITY_NAME,
    ENTITY_VALUE,
    GROUP_ID,
    IMAGE_LINK,
    QUESTION,
    READING,
    SAMPLE_ID,
)
from entity_extract.schema.spec import Column, TableSpec, ddl
from entity_extract.schema.tables import (
    BOX,
    CHECKS,
    EARLIER_ANSWERS,
    EMBEDDINGS,
    HISTORY,
    IMAGES,
    PREDICTION,
    PREDICTIONS,
    REREADINGS,
    SPLITS,
    STROKE,
    TABLES,
    WORD,
)

__all__ = [
    "BOX",
    "CHECKS",
    "EARLIER_ANSWERS",
    "EMBEDDINGS",
    "ENTITY_NAME",
    "ENTITY_VALUE",
    "GROUP_ID",
    "HISTORY",
    "IMAGES",
    "IMAGE_LINK",
    "PREDICTION",
    "PREDICTIONS",
    "QUESTION",
    "READING",
    "REREADINGS",
    "SAMPLE_ID",
    "SPLITS",
    "STROKE",
    "TABLES",
    "WORD",
    "Column",
    "TableSpec",
    "ddl",
]
