"""Encoded bytes of many formats become pixels that can be read."""
