"""Silhouettes of things with a depth one can see: drawn in oblique projection.

Each takes the canvas, the box to fill and the palette, and returns the line along which the depth
is measured, so that an arrow can be set beside it.
"""

from entity_extract.sample_shop.drawing.canvas import Canvas
from entity_extract.sample_shop.drawing.colours import Colour, mix
from entity_extract.sample_shop.drawing.placing import Box, Point
from entity_extract.sample_shop.products.products import Palette

DepthLine = tuple[Point, Point]

_WOODS: tuple[Colour, ...] = ((176, 126, 82), (139, 90, 55), (214, 178, 132), (92, 66, 50))
_METAL: Colour = (52, 52, 56)


def wood(palette: Palette) -> Colour:
    """One of four woods, the same for the same palette."""
    return _WOODS[sum(palette.base) % len(_WOODS)]


def _front(box: Box) -> tuple[Box, float, float]:
    """The front face, and how far the back is shifted to the right and upwards."""
    dx, dy = box.width * 0.2, min(box.height, box.width) * 0.14
    return Box(box.left, box.top + dy, box.right - dx, box.bottom), dx, dy


def _depth(front: Box, dx: float, dy: float) -> DepthLine:
    return (front.right, front.bottom), (front.right + dx, front.bottom - dy)


def _slab(canvas: Canvas, front: Box, dx: float, dy: float, colour: Colour) -> None:
    """A board or block: front face, top and side."""
    left, top, right, bottom = front
    face, dark = mix(colour, "white", 0.08), mix(colour, "black", 0.18)
    canvas.rectangle(front, face, dark)
    canvas.polygon(
        [(left, top), (left + dx, top - dy), (right + dx, top - dy), (right, top)],
        mix(colour, "white", 0.35),
        mix(colour, "white", 0.12),
    )
    canvas.polygon(
        [(right, top), (right + dx, top - dy), (right + dx, bottom - dy), (right, bottom)],
        mix(colour, "black", 0.3),
        mix(colour, "black", 0.45),
        "down",
    )


def shelf(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    front, dx, dy = _front(box)
    tiers = max(2, min(6, round(front.height / 70)))
    board, post = max(5.0, front.height * 0.025), max(4.0, front.width * 0.025)
    for x, y in ((front.left + dx, front.top - dy), (front.right + dx - post, front.top - dy)):
        canvas.rectangle(Box(x, y, x + post, y + front.height), mix(_METAL, "white", 0.25))
    for tier in range(tiers):
        y = front.top + (front.height - board) * tier / (tiers - 0.7)
        _slab(canvas, Box(front.left, y, front.right, y + board), dx, dy, wood(palette))
    for x in (front.left, front.right - post):
        canvas.rectangle(
            Box(x, front.top, x + post, front.bottom), mix(_METAL, "white", 0.15), _METAL
        )
    return _depth(front, dx, dy)


def cabinet(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    front, dx, dy = _front(box)
    legs = front.height * 0.09
    colour = wood(palette) if sum(palette.deep) % 2 else mix(palette.base, "white", 0.15)
    for x in (0.05, 0.92):
        left = front.left + front.width * x
        canvas.rectangle(Box(left, front.bottom - legs, left + 8, front.bottom), _METAL)
    body = front._replace(bottom=front.bottom - legs)
    _slab(canvas, body, dx, dy, colour)
    rows, line = (3 if body.height > body.width else 2), mix(colour, "black", 0.4)
    for row in range(rows):
        top = body.top + body.height * row / rows
        for half in (0, 1):
            left = body.left + body.width * half / 2
            door = Box(left, top, left + body.width / 2, top + body.height / rows).inset(5)
            canvas.frame(door, line, 1.2)
            x, y = door.right - 10 if half == 0 else door.left + 10, door.centre[1]
            canvas.ellipse(Box(x - 4, y - 4, x + 4, y + 4), palette.accent)
    return _depth(front, dx, dy)


def table(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    front, dx, dy = _front(box)
    leg, board = max(7.0, front.width * 0.03), max(10.0, front.height * 0.06)
    colour = wood(palette)
    for x in (front.left + dx + 6, front.right + dx - leg - 6):
        canvas.rectangle(Box(x, front.top, x + leg, front.bottom - dy), mix(colour, "black", 0.5))
    for x in (front.left + 6, front.right - leg - 6):
        canvas.rectangle(
            Box(x, front.top, x + leg, front.bottom), colour, mix(colour, "black", 0.35)
        )
    _slab(canvas, front._replace(bottom=front.top + board), dx, dy, colour)
    return _depth(front, dx, dy)


def desk(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    line = table(canvas, box, palette)
    front, _, _ = _front(box)
    colour = mix(wood(palette), "white", 0.1)
    for n in range(3):
        top = front.top + front.height * (0.08 + 0.27 * n)
        drawer = Box(
            front.left + front.width * 0.64, top, front.right - 8, top + front.height * 0.25
        )
        canvas.rectangle(drawer, colour, mix(colour, "black", 0.2))
        canvas.rectangle(drawer.inset(drawer.width * 0.35, drawer.height * 0.42), _METAL)
    return line


def stool(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    front, dx, dy = _front(box)
    seat = front.top + front.height * 0.14
    for start, end in ((0.2, 0.02), (0.8, 0.98)):
        top, foot = front.left + front.width * start, front.left + front.width * end
        canvas.line([(top, seat), (foot, front.bottom)], wood(palette), 9)
        x = front.left + front.width * start + dx
        canvas.line(
            [(x, seat), (x + (end - start) * 30, front.bottom - dy)],
            mix(wood(palette), "black", 0.4),
            7,
        )
    rail = front.top + front.height * 0.66
    canvas.line(
        [(front.left + front.width * 0.1, rail), (front.right - front.width * 0.1, rail)],
        mix(wood(palette), "black", 0.2),
        6,
    )
    cushion = Box(front.left, front.top - dy, front.right + dx, seat + 6)
    canvas.rectangle(cushion, palette.base, palette.deep, "down", radius=cushion.height / 2)
    return _depth(front, dx, dy)


def chair(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    front, dx, dy = _front(box)
    seat = front.top + front.height * 0.52
    back = Box(front.left + dx, front.top - dy, front.right + dx - 8, seat - dy)
    canvas.rectangle(back, mix(palette.base, "white", 0.12), palette.deep, "down", radius=18)
    canvas.rectangle(back.inset(14), mix(palette.base, "white", 0.25), palette.base, radius=12)
    for x in (front.left + dx, front.right + dx - 16):
        canvas.rectangle(Box(x, seat, x + 8, front.bottom - dy), mix(_METAL, "white", 0.2))
    for x in (front.left + 6, front.right - 16):
        canvas.rectangle(Box(x, seat, x + 9, front.bottom), mix(_METAL, "white", 0.3), _METAL)
    _slab(
        canvas, Box(front.left, seat, front.right, seat + front.height * 0.09), dx, dy, palette.base
    )
    return _depth(front, dx, dy)


def bench(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    front, dx, dy = _front(box)
    pad = Box(front.left, front.top, front.right, front.top + max(14.0, front.height * 0.2))
    for x in (front.left + front.width * 0.12, front.right - front.width * 0.18):
        canvas.rectangle(Box(x + dx, pad.bottom, x + dx + 9, front.bottom - dy), (90, 90, 95))
        canvas.rectangle(Box(x, pad.bottom, x + 11, front.bottom), (110, 110, 116), _METAL)
    _slab(canvas, pad, dx, dy, mix(palette.deep, "black", 0.35))
    return _depth(front, dx, dy)


def appliance(canvas: Canvas, box: Box, palette: Palette) -> DepthLine:
    front, dx, dy = _front(box)
    _slab(canvas, front, dx, dy, mix(palette.deep, "black", 0.25))
    window = Box(front.left, front.top, front.right - front.width * 0.28, front.bottom).inset(14)
    canvas.rectangle(window, (38, 40, 46), (92, 97, 108), "round", radius=10)
    canvas.frame(window, (170, 172, 178), 2, radius=10)
    for n in range(3):
        x, y = front.right - front.width * 0.14, front.top + front.height * (0.22 + 0.27 * n)
        size = min(front.width * 0.08, front.height * 0.1)
        canvas.ellipse(
            Box(x - size, y - size, x + size, y + size), (225, 226, 230), (120, 122, 128)
        )
    return _depth(front, dx, dy)
