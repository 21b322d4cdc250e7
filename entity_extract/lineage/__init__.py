"""OpenLineage: what a run read and wrote, told to a catalog of data by events."""
