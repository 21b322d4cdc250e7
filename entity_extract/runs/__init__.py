"""One run, whichever engine does it: its manifest, its progress, who watches, how it ends."""
