"""One file per job; each runs under `python -m jobs.<name>` and under spark-submit."""
