"""Silhouettes of electrical goods and gym gear, most of which carry their rating on themselves."""

from entity_extract.sample_shop.drawing.canvas import Canvas
from entity_extract.sample_shop.drawing.colours import mix
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.products.products import Palette

_RUBBER = (44, 45, 49)


def adapter(canvas: Canvas, box: Box, palette: Palette) -> None:
    for x in (0.36, 0.56):
        canvas.rectangle(box.part(x, 0, x + 0.07, 0.2), "#d9dadd", "#8b8d92", "round")
    body = box.part(0, 0.16, 1, 0.9)
    canvas.rectangle(body, (74, 76, 82), (28, 29, 33), "round", 22)
    canvas.line(box.points([(0.5, 0.9), (0.5, 1)]), "#222222", 9)


def bulb(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ellipse(box.part(0, 0, 1, 0.62), "#fffdf2", "#dcd6c0", "round")
    canvas.polygon(
        box.points([(0.1, 0.42), (0.9, 0.42), (0.7, 0.72), (0.3, 0.72)]),
        "#f4f4f2",
        "#b9b9b4",
        "round",
    )
    for n in range(4):
        y = 0.72 + n * 0.065
        canvas.rectangle(box.part(0.32, y, 0.68, y + 0.05), "#e3e4e8", "#83858b", "round", 4)
    canvas.ellipse(box.part(0.42, 0.96, 0.58, 1), "#3a3a3a")


def kettle(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ring(box.part(0.62, 0.12, 1, 0.8), _RUBBER, 13)
    canvas.polygon(box.points([(0.2, 0.2), (0, 0.12), (0.14, 0.36)]), "#9fa2a8")
    canvas.polygon(
        box.points([(0.2, 0.08), (0.72, 0.08), (0.84, 0.9), (0.08, 0.9)]),
        "#eceef0",
        "#85888f",
        "round",
    )
    canvas.rectangle(box.part(0.06, 0.9, 0.86, 1), _RUBBER, (20, 20, 22), radius=6)
    canvas.rectangle(box.part(0.36, 0, 0.56, 0.08), _RUBBER, radius=6)
    canvas.rectangle(box.part(0.4, 0.3, 0.5, 0.78), mix(palette.base, "white", 0.55), radius=8)


def battery(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.rectangle(box.part(0.1, 0, 0.9, 0.2), (60, 62, 67), (24, 25, 28), "round", 10)
    body = box.part(0, 0.14, 1, 1)
    canvas.rectangle(body, mix(_RUBBER, "white", 0.12), (22, 23, 26), "round", 18)
    canvas.rectangle(body.part(0, 0.66, 1, 0.78), palette.base, palette.deep, "round")


def panel(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.rectangle(box, "#c9ccd2", "#8a8d94")
    inner = box.inset(8)
    canvas.rectangle(inner, "#27407a", "#101d40", "down")
    for n in range(1, 6):
        canvas.line(inner.points([(n / 6, 0), (n / 6, 1)]), "#6d83b8", 1)
        canvas.line(inner.points([(0, n / 6), (1, n / 6)]), "#6d83b8", 1)


def dumbbell(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.rectangle(box.part(0.3, 0.42, 0.7, 0.58), "#dfe1e5", "#7c7f86", "down", 8)
    for x in (0.0, 0.64):
        head = [(0.08, 0.12), (0.28, 0.12), (0.36, 0.5), (0.28, 0.88), (0.08, 0.88), (0, 0.5)]
        points = box.points([(x + px, py) for px, py in head])
        canvas.polygon(points, mix(_RUBBER, "white", 0.22), (18, 18, 20), "down")


def kettlebell(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ring(box.part(0.22, 0, 0.78, 0.56), _RUBBER, box.width * 0.1)
    canvas.ellipse(
        box.part(0.02, 0.3, 0.98, 1),
        mix(palette.base, "white", 0.12),
        mix(palette.deep, "black", 0.35),
        "round",
    )
    canvas.rectangle(box.part(0.28, 0.95, 0.72, 1), mix(palette.deep, "black", 0.5), radius=4)


def plate(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.ellipse(box, mix(_RUBBER, "white", 0.2), (20, 20, 22), "round")
    canvas.ring(box.inset(box.width * 0.05, box.height * 0.05), mix(_RUBBER, "white", 0.35), 3)
    canvas.ellipse(box.part(0.36, 0.36, 0.64, 0.64), palette.base, palette.deep, "round")
    canvas.ellipse(box.part(0.44, 0.44, 0.56, 0.56), "#f5f5f5")


def scale(canvas: Canvas, box: Box, palette: Palette) -> None:
    canvas.rectangle(box, "#fafbfc", "#c6cbd2", "down", 24)
    canvas.frame(box.inset(5), "#aab0b8", 1.5, 20)
    canvas.rectangle(box.part(0.34, 0.1, 0.66, 0.3), (28, 30, 36), (64, 70, 84), "round", 8)
    for x in (0.14, 0.7):
        canvas.ellipse(box.part(x, 0.44, x + 0.16, 0.86), "#dfe3e8", "#bcc2ca", "round")


# Where on the thing its rating may be written: shares of its box, one place for each copy.
PLATES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "adapter": ((0.1, 0.26, 0.9, 0.82),),
    "battery": ((0.1, 0.28, 0.9, 0.66),),
    "dumbbell": ((0.07, 0.34, 0.29, 0.66), (0.71, 0.34, 0.93, 0.66)),
    "kettlebell": ((0.2, 0.52, 0.8, 0.84),),
    "plate": ((0.2, 0.12, 0.8, 0.32), (0.2, 0.68, 0.8, 0.88)),
}
