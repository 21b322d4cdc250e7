"""Colours of the report: Okabe and Ito's eight, told apart by colour-blind readers and in grey."""

from dataclasses import dataclass

from entity_extract.evaluation.outcomes import Outcome


@dataclass(frozen=True)
class Palette:
    """What changes between a light and a dark page; the figures' own colours suit both."""

    ink: str
    muted: str
    grid: str
    paper: str
    accent: str  # what the figure is about; `paper` to `accent` is the confusion matrix's scale


LIGHT = Palette(ink="#1c2024", muted="#5f6873", grid="#dfe3e8", paper="#ffffff", accent="#0072b2")
DARK = Palette(ink="#e8eaed", muted="#a3abb5", grid="#3a4048", paper="#1d2126", accent="#56b4e9")

BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SKY, YELLOW, PINK = "#56b4e9", "#f0e442", "#cc79a7"

OUTCOMES = {
    Outcome.RIGHT: BLUE,
    Outcome.RIGHTLY_ABSTAINED: SKY,
    Outcome.NOT_ASKED: GREEN,
    Outcome.NOT_FETCHED: "#5f6873",
    Outcome.UNREADABLE: "#a9b1ba",
    Outcome.NOT_AMONG_CANDIDATES: ORANGE,
    Outcome.WRONG_CHOSEN: RED,
    Outcome.ABSTAINED: YELLOW,
    Outcome.ANSWERED_WHERE_EMPTY: PINK,
}


def spoken(name: str) -> str:
    """`not_among_candidates` -> `not among candidates`."""
    return name.replace("_", " ")
