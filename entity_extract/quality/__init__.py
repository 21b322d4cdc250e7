"""Whether a run's answers are as good as those of the runs before, without a label to tell by."""
