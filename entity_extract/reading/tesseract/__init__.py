"""Tesseract on lines of text, through its program or its library."""
