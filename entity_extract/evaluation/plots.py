"""Figures as a page holds them: inside itself, for a light and a dark screen."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from entity_extract.evaluation.figures import as_svg
from entity_extract.evaluation.inline import data_uri
from entity_extract.evaluation.palette import DARK, LIGHT, Palette


@dataclass(frozen=True)
class Plot:
    """A figure for a light and a dark page, as data URIs; `alt` says what it shows."""

    alt: str
    light: str
    dark: str


def plot(alt: str, draw: Callable[[Palette], Figure]) -> Plot:
    light, dark = (data_uri(as_svg(draw(palette)), "image/svg+xml") for palette in (LIGHT, DARK))
    return Plot(alt, light, dark)
