"""Training where the rows are: base learners, out-of-fold predictions, ranker."""
