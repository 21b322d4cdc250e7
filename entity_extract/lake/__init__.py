"""The lake's files, read without Spark: which waves count, and what a lake says of itself."""
