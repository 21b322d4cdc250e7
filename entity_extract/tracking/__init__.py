"""Runs of training, tuning and evaluation in MLflow, and models from its registry."""
