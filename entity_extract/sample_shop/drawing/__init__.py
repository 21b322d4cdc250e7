"""Ink on paper: canvas, lettering, arrows, wear and chance."""
