"""Catalogs of text: CSV and JSON lines, read strictly, row by row."""
