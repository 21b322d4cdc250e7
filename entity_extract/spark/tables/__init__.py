"""The lake's tables: waves that count whole or not at all, as plain Parquet or as Delta tables."""
