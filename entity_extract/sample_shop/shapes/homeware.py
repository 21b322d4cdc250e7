"""Silhouettes of things seen from the front. Each fills the box it is given."""

import math

from entity_extract.sample_shop.drawing.canvas import SCALE, Canvas
from entity_extract.sample_shop.drawing.colours import mix
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.products.products import Palette
from entity_extract.sample_shop.shapes.furniture import wood


def lamp(canvas: Canvas, box: Box, palette: Palette) -> None:
    shade = box.points([(0.22, 0), (0.78, 0), (1, 0.46), (0, 0.46)])
    canvas.rectangle(box.part(0.46, 0.4, 0.54, 0.94), palette.accent, palette.deep, "round")
    canvas.ellipse(box.part(0.3, 0.5, 0.7, 0.86), palette.base, palette.deep, "round")
    canvas.ellipse(box.part(0.24, 0.92, 0.76, 1), palette.deep)
    canvas.polygon(
        shade, mix(palette.paper, "white", 0.4), mix(palette.paper, "black", 0.22), "round"
    )


def pendant(canvas: Canvas, box: Box, palette: Palette) -> None:
    x = box.centre[0]
    canvas.line([(x, box.top), (x, box.top + box.height * 0.6)], "#444444", 2)
    canvas.rectangle(box.part(0.42, 0.5, 0.58, 0.64), palette.accent, palette.deep, "round")
    dome = [
        (0.5 - 0.5 * math.cos(t * math.pi / 20), 0.94 - 0.36 * math.sin(t * math.pi / 20))
        for t in range(21)
    ]
    canvas.polygon(box.points(dome), mix(palette.base, "white", 0.2), palette.deep, "round")
    canvas.ellipse(box.part(0, 0.88, 1, 1), mix("#fff3c4", palette.base, 0.15))


def mug(canvas: Canvas, box: Box, palette: Palette) -> None:
    handle = box.part(0.66, 0.26, 1, 0.78)
    canvas.pen.arc(
        [v * SCALE for v in handle], 0, 360, fill=palette.deep, width=round(box.width * 0.14)
    )
    body = box.part(0, 0.06, 0.8, 1)
    canvas.rectangle(
        body, mix(palette.base, "white", 0.25), palette.deep, "round", body.width * 0.12
    )
    canvas.ellipse(box.part(0, 0, 0.8, 0.14), mix(palette.base, "white", 0.45))
    canvas.ellipse(box.part(0.03, 0.02, 0.77, 0.13), mix(palette.deep, "black", 0.35))


def tumbler(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.polygon(
        box.points([(0.02, 0.1), (0.98, 0.1), (0.84, 1), (0.16, 1)]),
        mix(palette.base, "white", 0.25),
        palette.deep,
        "round",
    )
    canvas.rectangle(box.part(0, 0.04, 1, 0.12), "#e8e8ea", "#8f9196", "round", 6)
    canvas.rectangle(box.part(0.1, 0, 0.9, 0.05), "#55565b", "#2b2c30", "round", 4)


def bowl(canvas: Canvas, box: Box, palette: Palette) -> None:
    curve = [
        (0.5 - 0.5 * math.cos(t * math.pi / 24), 0.1 + 0.82 * math.sin(t * math.pi / 24))
        for t in range(25)
    ]
    canvas.rectangle(box.part(0.34, 0.85, 0.66, 1), palette.deep)
    canvas.polygon(box.points(curve), mix(palette.base, "white", 0.3), palette.deep, "round")
    canvas.ellipse(box.part(0, 0, 1, 0.22), mix(palette.base, "white", 0.5))
    canvas.ellipse(box.part(0.03, 0.025, 0.97, 0.195), mix(palette.deep, "black", 0.2))


def vase(canvas: Canvas, box: Box, palette: Palette) -> None:
    right = [(0.68, 0), (0.66, 0.12), (0.8, 0.28), (1, 0.52), (0.95, 0.72), (0.78, 0.92), (0.7, 1)]
    outline = [(1 - x, y) for x, y in right] + right[::-1]
    canvas.polygon(box.points(outline), mix(palette.base, "white", 0.3), palette.deep, "round")
    canvas.ellipse(box.part(0.32, -0.015, 0.68, 0.03), mix(palette.deep, "black", 0.3))


def backpack(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ring(box.part(0.36, 0, 0.64, 0.2), palette.deep, 6)
    canvas.rectangle(
        box.part(0, 0.06, 1, 1),
        mix(palette.base, "white", 0.12),
        palette.deep,
        "round",
        box.width * 0.26,
    )
    pocket = box.part(0.12, 0.52, 0.88, 0.95)
    canvas.rectangle(pocket, mix(palette.base, "white", 0.22), palette.base, "down", 18)
    for y in (0.38, 0.6):
        canvas.line(box.points([(0.14, y), (0.86, y)]), mix(palette.deep, "black", 0.4), 3)
    canvas.rectangle(box.part(0.42, 0.72, 0.58, 0.8), palette.accent, radius=4)


def tote(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ring(box.part(0.26, 0, 0.74, 0.62), palette.deep, 8)
    canvas.polygon(
        box.points([(0.04, 0.3), (0.96, 0.3), (1, 1), (0, 1)]),
        mix(palette.base, "white", 0.25),
        palette.base,
        "round",
    )
    canvas.polygon(box.points([(0.01, 0.8), (0.99, 0.8), (1, 1), (0, 1)]), palette.deep)
    canvas.ellipse(box.part(0.4, 0.46, 0.6, 0.66), palette.accent)


def suitcase(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.frame(box.part(0.32, 0, 0.68, 0.3), "#5c5f66", 5, 8)
    canvas.rectangle(
        box.part(0, 0.16, 1, 0.95), mix(palette.base, "white", 0.25), palette.deep, "round", 24
    )
    for n in range(1, 7):
        x = n / 7
        canvas.line(box.points([(x, 0.2), (x, 0.9)]), mix(palette.deep, palette.base, 0.4), 3)
    for x in (0.1, 0.78):
        canvas.ellipse(box.part(x, 0.93, x + 0.12, 1), "#2a2a2c")


def clock(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ellipse(box, palette.base, palette.deep, "round")
    canvas.ellipse(box.inset(box.width * 0.07, box.height * 0.07), palette.paper)
    x, y = box.centre
    for hour in range(12):
        angle = hour * math.pi / 6
        rx, ry = math.sin(angle) * box.width / 2, math.cos(angle) * box.height / 2
        canvas.line([(x + rx * 0.7, y - ry * 0.7), (x + rx * 0.8, y - ry * 0.8)], palette.ink, 4)
    canvas.line([(x, y), (x - box.width * 0.18, y - box.height * 0.12)], palette.ink, 6)
    canvas.line([(x, y), (x + box.width * 0.26, y - box.height * 0.16)], palette.ink, 4)


def picture(canvas: Canvas, box: Box, palette: Palette) -> None:
    colour = wood(palette)
    canvas.rectangle(box, mix(colour, "white", 0.15), mix(colour, "black", 0.35))
    edge = min(box.width, box.height) * 0.08
    inner = box.inset(edge)
    canvas.rectangle(
        inner, mix(palette.base, "white", 0.75), mix(palette.base, "white", 0.3), "down"
    )
    canvas.ellipse(
        inner.part(0.6, 0.14, 0.8, 0.14 + 0.2 * inner.width / inner.height), palette.accent
    )
    canvas.polygon(inner.points([(0, 1), (0, 0.7), (0.35, 0.4), (0.8, 1)]), palette.deep)
    canvas.polygon(inner.points([(0.3, 1), (0.72, 0.55), (1, 0.85), (1, 1)]), palette.base)


def rug(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.rectangle(box, mix(palette.base, "white", 0.3), palette.base, "down")
    for n, x in enumerate((0.06, 0.16, 0.3, 0.64, 0.78, 0.88)):
        tint = palette.accent if n % 2 else palette.deep
        canvas.rectangle(box.part(x, 0, x + 0.05, 1), tint)
    for step in range(8):
        y = 0.08 + step * 0.11
        diamond = [(0.42, y + 0.045), (0.5, y), (0.58, y + 0.045), (0.5, y + 0.09)]
        canvas.polygon(box.points(diamond), palette.paper)


def knob(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.rectangle(box.part(0.36, 0.5, 0.64, 1), "#b98d4f", "#6d4f25", "round")
    canvas.rectangle(box.part(0.2, 0.9, 0.8, 1), "#c79b5c", "#6d4f25", "round", 4)
    canvas.ellipse(box.part(0, 0, 1, 0.66), "#e7c48b", "#7d5a2b", "round")


def charm(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ring(box.part(0.4, 0, 0.6, 0.2), "#9a9da3", 4)
    canvas.polygon(
        box.points([(0.5, 0.16), (0.92, 0.46), (0.76, 1), (0.24, 1), (0.08, 0.46)]),
        "#eceef1",
        "#8d9097",
        "round",
    )
    canvas.ellipse(box.part(0.32, 0.44, 0.68, 0.8), palette.base, palette.deep, "round")
