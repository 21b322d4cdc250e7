"""Scores predictions against labels, and writes the answer file and the report."""
