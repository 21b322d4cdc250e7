"""Asking again for pictures read long ago, and for files that have changed: what is new is read,
the rest costs little."""

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from entity_extract import schema
from entity_extract.catalog.row_names import HELD, HOME
from entity_extract.config import Config, FetchConfig
from entity_extract.lake.pace import READ_PER_CORE
from entity_extract.reading.refreshed import KNOWN, LOST, PART, UNREADABLE, WHOLE
from entity_extract.runs.progress import Progress
from entity_extract.spark.decided import decided_now
from entity_extract.spark.few_rows import are_here
from entity_extract.spark.pending import Pending, pace_of
from entity_extract.spark.stages import has_thumbnail, read_images
from entity_extract.spark.tables.lake import Lake
from entity_extract.status import CUT_SHORT, LOST_IN_READING, READABLE, Status

_SAID = KNOWN[1:]  # by the server, of the content
_REPLACES = "replaces"


def refresh(
    lake: Lake, links: DataFrame, config: Config, progress: Progress, *, reader_version: str
) -> None:
    """Asks again for those of `links` whose pictures were last seen fetch.refresh_hours ago, or are
    files that have changed since.

    A picture with other bytes takes the place of the one in `images` where it was read no worse; a
    link that fails now keeps what was read, and so does a picture whose reading fails. It is asked
    for again as if it had not been seen. What each gave is in `checks`.
    """
    stale = _stale(lake, links, reader_version, config.fetch)
    pace = pace_of(lake, config.lake, per_core=READ_PER_CORE)
    pending = Pending(lake, "refresh", stale, key="image_link", pace=pace, few=are_here(links))
    progress.begin(pending.total)
    for part in pending:
        with progress.wave(part.size) as publish:
            read = read_images(part.rows, config, reader_version=reader_version, count=part.size)
            compared = _compared(read, part.rows)
            asked = _kept(lake, compared, progress.next_wave)  # looked at twice, and dear to make
            new = asked.where(_REPLACES).withColumn("decided_by", decided_now(config))
            changed = new.select(*schema.IMAGES.columns, F.lit(False).alias("open"))
            checks = _checks(asked).withColumn("open", F.lit(False))
            # In this order: an answer to the old picture no longer stands when the new one is
            # there. Cut off in between, the checks do not fit the pictures, see _stale.
            wave = progress.next_wave
            checked = lake.checks.publish(checks, wave, replace=True, among=part.held)
            lake.images.publish(changed, wave, replace=True, among=part.homes)
            publish(checked)


def _stale(lake: Lake, links: DataFrame, reader_version: str, config: FetchConfig) -> DataFrame:
    """Pictures seen too long ago, and files that have changed, with what is known of them and the
    waves that they and their last checks are in."""
    of_reader = F.col("reader_version") == reader_version
    read = lake.images.read(only_open=False).where(of_reader)
    last = {name: f"last_{name}" for name in ("status", "checked_at", *KNOWN)}
    checked = (
        lake.checks.read()
        .where(of_reader)
        .select(
            "image_link",
            *(F.col(name).alias(alias) for name, alias in last.items()),
            F.col("wave").alias(HELD),
        )
    )
    # A check of another picture than is held found a new one, and was cut off before that was put
    # there: as if it had not been.
    same = F.col("last_content_sha256") == F.col("content_sha256")
    said = {name: F.coalesce(F.when(same, F.col(last[name])), name) for name in _SAID}
    due = F.lit(False)
    if config.refresh_hours:
        seen_at = F.coalesce(F.when(same, F.col("last_checked_at")), "fetched_at")
        seconds = round(config.refresh_hours * 3600)
        since = F.current_timestamp() - F.expr(f"INTERVAL {seconds} SECONDS")
        due = has_thumbnail() & (seen_at <= since)
    if config.file_root is not None:
        status = F.coalesce(F.when(same, F.col("last_status")), "status")
        due |= _file_has_changed(said["etag"], status, config.file_root)
    return (
        read.join(links, "image_link", "left_semi")
        .join(checked, "image_link", "left")
        .where(due)
        .select(
            "image_link",
            F.lit(0).alias("attempts"),
            "content_sha256",
            *(column.alias(name) for name, column in said.items()),
            _grade().alias("grade"),
            F.col("wave").alias(HOME),
            HELD,
        )
    )


def _file_has_changed(version: Column, status: Column, root: str) -> Column:
    """Of rows of `images`; see changed_files."""

    def run(links: pd.Series, versions: pd.Series, statuses: pd.Series) -> pd.Series:
        from entity_extract.fetching.files import Seen, changed_files

        columns = (links, versions, statuses)
        texts = (of.astype(object).where(of.notna(), None) for of in columns)  # without NaN
        return pd.Series(changed_files(map(Seen, *texts), root), dtype=bool)

    udf = pandas_udf(run, "boolean")  # type: ignore[call-overload]  # stubs lack several columns
    return F.coalesce(udf("image_link", version, status), F.lit(False))


def _compared(asked: DataFrame, before: DataFrame) -> DataFrame:
    """`asked`, with what is known of the picture before, and whether the new one `replaces` it."""
    held = [*KNOWN, "grade"]
    known = before.select("image_link", *(F.col(name).alias(f"known_{name}") for name in held))
    grade = _grade()
    better = has_thumbnail() & (grade > LOST) & (grade >= F.col("known_grade"))
    return asked.join(known, "image_link").withColumn(_REPLACES, better)


def _grade() -> Column:
    """See reading.refreshed.grade_of."""
    read, lost = (
        F.col("status").isin([status.value for status in some])
        for some in (READABLE, LOST_IN_READING)
    )
    whole = F.coalesce(~F.col("reason").startswith(CUT_SHORT), F.lit(True))
    graded = F.when(read & whole, WHOLE).when(read, PART).when(lost, LOST)
    return graded.otherwise(UNREADABLE)


def _kept(lake: Lake, rows: DataFrame, wave: str) -> DataFrame:
    place = f"{lake.staging}/refresh/{wave}"
    rows.write.mode("overwrite").parquet(lake.storage.url(place))
    return lake.spark.read.schema(rows.schema).parquet(lake.storage.pattern(place))


def _checks(asked: DataFrame) -> DataFrame:
    """What the links gave, as schema.CHECKS; of a picture that stays, what is known stays, too.

    What a server says of a picture that is not taken is not kept: it would say next that nothing
    has changed since.
    """
    same = F.col("status") == Status.NOT_MODIFIED.value
    now = {
        name: F.when(F.col(_REPLACES), F.col(name))
        .when(same, F.coalesce(name, f"known_{name}"))
        .otherwise(F.col(f"known_{name}"))
        for name in KNOWN
    }
    checked = asked.withColumns(now)
    return checked.withColumn("checked_at", F.col("fetched_at")).select(*schema.CHECKS.columns)
