"""Columns that a row of the catalog gets on its way to an answer."""

from typing import Final

from entity_extract import schema

# What a row is: see spark.catalog.rows, `identified`.
ROW_KEY, ROW_COPY, POSITION = "row_key", "row_copy", "row_position"
CATALOG_KEY, DETAILS_HASH = "catalog_key", "details_hash"
ANSWERED, HELD_HASH = "answered", "held_hash"  # of a row that has an answer; the hash that it holds

# Columns that a row has while it is pending. The first four name the wave in which stands what is
# asked about, what the encoder saw of it, what a second look found in it, and the row whose place
# the new one takes.
HOME, SEEN, LOOKED, HELD = "home_wave", "seen_wave", "looked_wave", "held_wave"
PART, PLACE = "pending_part", "pending_place"
FIRST, END = "pending_first", "pending_end"

# A catalog's own column of such a name is renamed; Spark does not tell names apart by case.
TAKEN: Final = {name for table in schema.TABLES if table.joined for name in table.columns} | {
    "wave",
    "open",
    "answer",
    *(POSITION, ANSWERED, HELD_HASH),
    *(HOME, SEEN, LOOKED, HELD, PART, PLACE, FIRST, END),
}
