"""The kinds of product pictures."""
