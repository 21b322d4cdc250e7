"""Programs' way in: one picture, or a pandas frame, without a lake and without Spark."""
