"""The image encoder learns the catalog's own pictures."""
