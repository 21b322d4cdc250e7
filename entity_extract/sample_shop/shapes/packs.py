"""Packages seen from the front: drawn on a transparent canvas, with the place for the label."""

import math
from collections.abc import Callable

from entity_extract.sample_shop.drawing.canvas import Canvas
from entity_extract.sample_shop.drawing.colours import mix
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.products.products import Palette

# Draws into the box; returns where the label goes.
Pack = Callable[[Canvas, Box, Palette], Box]


def pouch(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A stand-up bag with crimped seals."""
    body = box.part(0, 0.02, 1, 0.99)
    sides = [
        (0.02, 0),
        (0.98, 0),
        (0.955, 0.1),
        (0.985, 0.5),
        (1, 1),
        (0, 1),
        (0.015, 0.5),
        (0.045, 0.1),
    ]
    canvas.polygon(body.points(sides), mix(palette.base, "white", 0.14), palette.deep, "round")
    seal = mix(palette.deep, "black", 0.15)
    canvas.rectangle(
        box.part(0.018, 0.02, 0.982, 0.07), mix(palette.base, "white", 0.05), seal, "round"
    )
    for n in range(1, 48):
        canvas.line(box.points([(0.02 + n * 0.02, 0.022), (0.02 + n * 0.02, 0.068)]), seal, 0.6)
    canvas.polygon(
        box.points([(0.06, 0.1), (0.12, 0.1), (0.1, 0.94), (0.05, 0.94)]),
        mix(palette.base, "white", 0.3),
        mix(palette.base, "white", 0.14),
    )
    return box.part(0.13, 0.11, 0.9, 0.955)


def box_pack(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A carton, with its side and lid in view."""
    front = box.part(0, 0.06, 0.86, 1)
    dx, dy = box.width * 0.14, box.height * 0.06
    left, top, right, bottom = front
    canvas.rectangle(front, mix(palette.base, "white", 0.1), mix(palette.base, "black", 0.06))
    canvas.polygon(
        [(right, top), (right + dx, top - dy), (right + dx, bottom - dy * 1.6), (right, bottom)],
        palette.deep,
        mix(palette.deep, "black", 0.3),
    )
    canvas.polygon(
        [(left, top), (left + dx, top - dy), (right + dx, top - dy), (right, top)],
        mix(palette.base, "white", 0.4),
    )
    return front.inset(front.width * 0.06, front.height * 0.04)


def tin(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A caddy: metal rims above and below the printed body."""
    lid = mix(palette.deep, "black", 0.2)
    canvas.ellipse(box.part(0, 0.9, 1, 1), mix(lid, "black", 0.2))
    canvas.rectangle(
        box.part(0, 0.08, 1, 0.95), mix(palette.base, "white", 0.18), palette.deep, "round"
    )
    canvas.rectangle(box.part(0, 0.06, 1, 0.2), "#e2e3e6", "#77797f", "round")
    canvas.ellipse(box.part(0, 0, 1, 0.12), "#f3f3f5", "#a9abb1")
    canvas.ellipse(box.part(0.04, 0.012, 0.96, 0.105), "#d9dade", "#eff0f2")
    return box.part(0.1, 0.24, 0.9, 0.93)


def jar(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A screw-top jar with a paper label round it."""
    canvas.rectangle(
        box.part(0.08, 0, 0.92, 0.15),
        mix(palette.deep, "white", 0.2),
        mix(palette.deep, "black", 0.3),
        "round",
        box.width * 0.04,
    )
    for n in range(1, 30):
        x = 0.08 + n * 0.028
        canvas.line(box.points([(x, 0.03), (x, 0.13)]), mix(palette.deep, "black", 0.35), 0.7)
    canvas.rectangle(box.part(0.13, 0.14, 0.87, 0.2), "#e9e9ea", "#9fa0a4", "round")
    canvas.rectangle(box.part(0, 0.17, 1, 1), "#fbfbfa", "#b4b4b3", "round", box.width * 0.12)
    label = box.part(0, 0.26, 1, 0.94)
    canvas.rectangle(label, mix(palette.base, "white", 0.12), palette.deep, "round")
    return label.part(0.1, 0.01, 0.9, 0.99)


def bottle(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A drinks or vitamin bottle with a rounded shoulder."""
    right = [(0.64, 0.08), (0.66, 0.15), (0.82, 0.2), (0.95, 0.26), (1, 0.34), (1, 0.97), (0.95, 1)]
    outline = [(1 - x, y) for x, y in right] + right[::-1]
    glass = mix(palette.accent, "white", 0.35)
    canvas.polygon(box.points(outline), mix(glass, "white", 0.4), mix(glass, "black", 0.3), "round")
    canvas.rectangle(
        box.part(0.33, 0, 0.67, 0.1),
        mix(palette.deep, "white", 0.15),
        mix(palette.deep, "black", 0.35),
        "round",
        5,
    )
    label = box.part(0, 0.37, 1, 0.93)
    canvas.rectangle(label, mix(palette.base, "white", 0.14), palette.deep, "round")
    return label.part(0.09, 0.02, 0.91, 0.98)


def pump(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A lotion bottle with a dispenser."""
    canvas.rectangle(box.part(0.2, 0, 0.62, 0.05), "#f5f5f5", "#bdbdbd", "down", 6)
    canvas.rectangle(box.part(0.46, 0.03, 0.54, 0.15), "#f0f0f0", "#a8a8a8", "round")
    canvas.rectangle(box.part(0.33, 0.13, 0.67, 0.21), "#f7f7f7", "#acacac", "round", 5)
    canvas.rectangle(
        box.part(0, 0.2, 1, 1),
        mix(palette.base, "white", 0.2),
        palette.deep,
        "round",
        box.width * 0.16,
    )
    return box.part(0.1, 0.28, 0.9, 0.97)


def can(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A slim drinks can."""
    canvas.ellipse(box.part(0.08, 0.93, 0.92, 1), "#86888d")
    canvas.rectangle(box.part(0.1, 0.02, 0.9, 0.98), "#e6e7ea", "#7e8086", "round", 12)
    canvas.rectangle(
        box.part(0, 0.08, 1, 0.93),
        mix(palette.base, "white", 0.2),
        palette.deep,
        "round",
        box.width * 0.09,
    )
    canvas.ellipse(box.part(0.1, 0, 0.9, 0.06), "#f1f1f3", "#9c9ea3")
    canvas.ellipse(box.part(0.15, 0.01, 0.85, 0.05), "#b9bbc0", "#dddee1")
    return box.part(0.1, 0.1, 0.9, 0.91)


def dropper(canvas: Canvas, box: Box, palette: Palette) -> Box:
    """A small glass bottle with a pipette."""
    canvas.rectangle(box.part(0.41, 0, 0.59, 0.14), "#3b3b3e", "#18181a", "round", 14)
    canvas.rectangle(box.part(0.34, 0.12, 0.66, 0.25), "#46464a", "#1b1b1d", "round", 4)
    curve = [
        (0.5 + 0.5 * math.sin(t * math.pi / 20), 0.36 - 0.1 * math.cos(t * math.pi / 20))
        for t in range(-10, 11)
    ]
    glass = [*curve, (1, 0.97), (0.95, 1), (0.05, 1), (0, 0.97)]
    canvas.polygon(box.points(glass), "#a8672c", "#4d2a10", "round")
    label = box.part(0, 0.42, 1, 0.95)
    canvas.rectangle(
        label, mix(palette.paper, "white", 0.3), mix(palette.paper, "black", 0.2), "round"
    )
    return label.part(0.08, 0.02, 0.92, 0.98)


# Name -> (drawing, width / height, whether the label is paper, so that its text is dark).
PACKS: dict[str, tuple[Pack, float, bool]] = {
    "pouch": (pouch, 0.72, False),
    "box": (box_pack, 0.8, False),
    "tin": (tin, 0.78, False),
    "jar": (jar, 0.66, False),
    "bottle": (bottle, 0.44, False),
    "pump": (pump, 0.46, False),
    "can": (can, 0.5, False),
    "dropper": (dropper, 0.5, True),
}
