"""Training on what a lake holds."""
