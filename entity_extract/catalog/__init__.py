"""Catalog files as rows: formats, columns as text, and the answers written beside them."""
