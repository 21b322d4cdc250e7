"""PP-OCR: one network finds lines of text, another reads them."""
