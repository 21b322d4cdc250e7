"""Lines of text, found without a model, and cut out for an engine to read."""
