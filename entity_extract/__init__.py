"""Reads a product catalog's pictures and writes down the quantities printed on them."""

__version__ = "0.1.0"
