"""One run: its manifest, its progress, and who watches."""
