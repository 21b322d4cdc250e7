"""Reading quantities: from words to candidates with their places in the picture."""
