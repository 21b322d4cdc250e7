"""Answers merged into a table of the session's catalog, `--answers table:shop.attributes`: one of
Delta, or of whatever else takes MERGE.

A row of the table is one of the catalog, by `row_key` and `row_copy`: a later run changes the rows
whose answer is another and adds new ones, in one commit of the table.
"""

import logging
from collections.abc import Sequence
from typing import Final

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from entity_extract.catalog.answer_columns import KEYS, default_table_columns
from entity_extract.catalog.table_names import table_parts
from entity_extract.config import CatalogConfig
from entity_extract.errors import UserError
from entity_extract.schema import PREDICTIONS
from entity_extract.spark.answer_rows import answer_frame
from entity_extract.spark.catalog.columns_text import quoted
from entity_extract.spark.catalog.locations import name_in_sql, told_of
from entity_extract.spark.session.failures import error_class, root_cause

log = logging.getLogger(__name__)

_MERGES: Final = ("delta", "iceberg", "hudi")  # providers whose tables take MERGE
_SAME_ROW: Final = " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in KEYS)
_NEWS: Final = "entity_extract_answers"  # a view of this session, while it merges
_SESSION_CATALOG: Final = "spark_catalog"


class AnswerTable:
    """A table that is there, with the columns of the answers."""

    def __init__(
        self,
        catalog: DataFrame,
        predictions: DataFrame,
        asked: Sequence[str] | None,
        named: str,
        config: CatalogConfig,
    ) -> None:
        """The table `named`, `table:` and one to three parts, for the columns `asked` for; made
        where it is not there yet, empty, with sentences about its columns.

        Raises UserError where it cannot be merged into, or has not these columns.
        """
        self._spark = catalog.sparkSession
        self._asked, self._config = asked or default_table_columns(config), config
        self._named = named
        self._columns = answer_frame(catalog, predictions, self._asked, config).schema
        parts = table_parts(named) or ()
        self._name = name_in_sql(parts)
        there = self._there()
        if there is None:
            self._make(parts)
        else:
            self._check(there)

    def merge(self, catalog: DataFrame, predictions: DataFrame, *, whole: bool) -> None:
        """The answers of all rows of `catalog`. Where that is the `whole`, rows of the table that
        are none of these leave it. Without a change nothing is committed. Raises UserError."""
        rows = answer_frame(catalog, predictions, self._asked, self._config).persist()
        try:
            if self._changes(rows, whole=whole):
                self._merge(rows, whole=whole)
            else:
                log.info("%s: has these answers already", self._named)
        finally:
            rows.unpersist()

    def _merge(self, rows: DataFrame, *, whole: bool) -> None:
        names = self._columns.names
        sets = ", ".join(f"{quoted(n)} = s.{quoted(n)}" for n in names)
        listed = ", ".join(map(quoted, names))
        values = ", ".join(f"s.{quoted(name)}" for name in names)
        leave = " WHEN NOT MATCHED BY SOURCE THEN DELETE" if whole else ""
        rows.createOrReplaceTempView(_NEWS)
        statement = (  # of names that are quoted
            f"MERGE INTO {self._name} AS t USING {_NEWS} AS s ON {_SAME_ROW} "  # noqa: S608
            f"WHEN MATCHED AND NOT ({self._same_answer}) THEN UPDATE SET {sets} "
            f"WHEN NOT MATCHED THEN INSERT ({listed}) VALUES ({values}){leave}"
        )
        try:
            self._sql(statement)
        finally:
            self._spark.catalog.dropTempView(_NEWS)

    def _changes(self, rows: DataFrame, *, whole: bool) -> bool:
        """Whether a merge would change a row. Iceberg would write those that are as they were anew,
        and readers of changes take each snapshot for some."""
        named = map(quoted, self._columns.names)
        held = self._spark.table(self._name).select(*named).alias("t")
        key, same = F.expr(_SAME_ROW), F.expr(self._same_answer)
        changed = rows.alias("s").join(held, key & same, "left_anti")
        if not changed.isEmpty():
            return True
        return whole and not held.join(rows.alias("s"), key, "left_anti").isEmpty()

    @property
    def _same_answer(self) -> str:
        """As SQL, of a row t of the table and a row s of the answers."""
        others = (quoted(name) for name in self._columns.names if name not in KEYS)
        return " AND ".join(f"t.{name} <=> s.{name}" for name in others) or "true"

    def _there(self) -> StructType | None:
        try:
            return self._spark.table(self._name).schema
        except AnalysisException as err:
            if error_class(err) in ("TABLE_OR_VIEW_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST"):
                return None
            raise UserError(f"--answers {self._named}: {root_cause(err)}") from err

    def _make(self, parts: Sequence[str]) -> None:
        of_session = len(parts) < 3 or parts[0] == _SESSION_CATALOG
        has_delta = "Delta" in (self._spark.conf.get("spark.sql.extensions", "") or "")
        if of_session and not has_delta:
            raise UserError(
                f"--answers {self._named}: is not there, and a table made here could not be merged "
                "into: add --conf-file delta.toml, or name a table of an Iceberg catalog"
            )
        columns = ", ".join(map(_declared, self._columns))
        using = " USING delta" if of_session else ""
        self._sql(f"CREATE TABLE {self._name} ({columns}){using}")
        log.info("%s: made, with %d columns", self._named, len(self._columns))

    def _check(self, there: StructType) -> None:
        provider = told_of(self._spark, self._name).get("Provider", "").lower()
        if provider not in _MERGES:
            raise UserError(
                f"--answers {self._named}: {provider or 'this kind of'} tables cannot be merged "
                f"into; those of {', '.join(_MERGES)} can"
            )
        kinds = {field.name: field.dataType for field in there}
        for field in self._columns:
            if field.name not in kinds:
                raise UserError(
                    f"--answers {self._named}: has no column {field.name!r}; add it, or name "
                    f"others by --answers-columns. There are {', '.join(kinds)}"
                )
            if kinds[field.name].simpleString() != field.dataType.simpleString():
                raise UserError(
                    f"--answers {self._named}: its column {field.name!r} is of "
                    f"{kinds[field.name].simpleString()}, and not of "
                    f"{field.dataType.simpleString()}"
                )

    def _sql(self, statement: str) -> None:
        try:
            self._spark.sql(statement)
        except (PySparkException, Py4JJavaError) as err:
            raise UserError(f"--answers {self._named}: {root_cause(err)}") from err


def _declared(field: StructField) -> str:
    about = PREDICTIONS.described.get(field.name)
    kind = field.dataType.simpleString()
    if about is None:
        return f"{quoted(field.name)} {kind}"
    said = about.about.replace("\\", "\\\\").replace("'", "\\'")
    return f"{quoted(field.name)} {kind} COMMENT '{said}'"
