"""Scores predictions against labels, and writes the report."""
