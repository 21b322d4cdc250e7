"""Dimension lines in the manners of many sellers, and what is written beside them."""

import math
from typing import Final

from deploy.artefacts.directions.sheet import FACES, Box, Line, Point, Sheet, Style

_UNITS: Final = ("cm", " cm", "mm", " mm", '"', " in", "in", " inch", " inches", "''", "ft", " m")
_BESIDE: Final = ("Width", "Height", "Depth", "W:", "H", "L", "approx.", "Size")
_PROSE: Final = (
    "2 cm thick foam", "Fits 24 in rails", "HIGH QUALITY", "Set of 4", "up to 30 cm",
    "12 mm plywood", "Model 2040", "5 mm", "non-slip", "easy to clean", "20 in & 24 in",
    "for 60 cm shelves",
)  # fmt: skip


def measure(sheet: Sheet, box: Box, back: Point | None) -> None:
    """Draws lines along the sides of a thing, in one style; now and then within it."""
    style = _style(sheet)
    x0, y0, x1, y1 = box
    dice = sheet.dice
    off = dice.between(0.4, 2.2) * style.letter_px + style.line_px
    lines: list[tuple[Point, Point, Point]] = []  # ends, outwards
    over, under = (0.0, -1.0), (0.0, 1.0)
    toleft, toright = (-1.0, 0.0), (1.0, 0.0)
    up = y0 - off + (back[1] if back and dice.chance(0.7) else 0.0)
    far = x1 + off + (max(back[0], 0.0) if back else 0.0)
    choices = [
        ((x0, y1 + off), (x1, y1 + off), under),
        ((x0, up), (x1, up), over),
        ((x0 - off, y0), (x0 - off, y1), toleft),
        ((far, y0), (far, y1), toright),
    ]
    lines += dice.several(choices, dice.pick((1, 2, 2, 2, 3)))
    if dice.chance(0.3):  # of a part, or within the thing
        y = dice.between(y0, y1)
        a, b = sorted((dice.between(x0, x1), dice.between(x0, x1)))
        if b - a > 30:
            lines.append(((a, y), (b, y), dice.pick((over, under))))
    if dice.chance(0.3):
        x = dice.between(x0, x1)
        a, b = sorted((dice.between(y0, y1), dice.between(y0, y1)))
        if b - a > 30:
            lines.append(((x, a), (x, b), dice.pick((toleft, toright))))
    if back and dice.chance(0.85):
        lines.append(_receding(sheet, box, back, off))
    elif dice.chance(0.15):  # across a round or a flat thing
        turn = math.radians(dice.pick((1, -1)) * dice.between(20, 70))
        mid, half = ((x0 + x1) / 2, (y0 + y1) / 2), min(x1 - x0, y1 - y0) / 2
        dx, dy = half * math.cos(turn), half * math.sin(turn)
        a, b = (mid[0] - dx, mid[1] - dy), (mid[0] + dx, mid[1] + dy)
        lines.append((a, b, (-dy / half, dx / half)))
    for begin, end, outwards in lines:
        if math.dist(begin, end) > 18:
            middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
            around = tuple(
                round(x) for x in (middle[0] - 8, middle[1] - 8, middle[0] + 8, middle[1] + 8)
            )
            _stroke(sheet, begin, end, style, outwards, style.ink_on(sheet.behind(around)))
            sheet.lines.append(Line(begin, end, outwards, style))


def _style(sheet: Sheet) -> Style:
    dice = sheet.dice
    return Style(
        ink=dice.pick((0, 0, 30, 90)),
        pale=dice.pick((255, 220)),
        line_px=dice.pick((1, 1, 1, 2, 2, 3, 5)),
        letter_px=dice.whole(11, 38),
        face=dice.pick(FACES),
        ends=dice.pick(("filled", "filled", "open", "open", "tick", "dot", "none", "bar")),
        dashed=dice.chance(0.12),
        stands=dice.pick(("beside", "beside", "beside", "on", "over")),
        turned=dice.chance(0.35),
        stacked=dice.chance(0.3),
        wings=dice.chance(0.4),
    )


def _receding(sheet: Sheet, box: Box, back: Point, off: float) -> tuple[Point, Point, Point]:
    """Along an edge that goes back: at the bottom of the side, or at the top."""
    x0, y0, x1, y1 = box
    dx, dy = back
    near = x1 if dx > 0 else x0
    size = math.hypot(dx, dy)
    outwards = (abs(dy) / size * (1 if dx > 0 else -1), abs(dx) / size)
    y = y1
    if sheet.dice.chance(0.35):
        near, y = (x0 if dx > 0 else x1), y0
        outwards = (-outwards[0], -outwards[1])
    shift = (outwards[0] * off, outwards[1] * off)
    begin = (near + shift[0], y + shift[1])
    return begin, (begin[0] + dx, begin[1] + dy), outwards


def name(sheet: Sheet, line: Line) -> None:
    """Writes a length beside a line, or two, if there is room."""
    dice, style = sheet.dice, line.style
    lines = [_length(sheet) for _ in range(1 + style.stacked)]
    turn, kind = 0.0, line.kind
    if style.turned and kind != 1:
        turn = dice.pick((90.0, 90.0, 270.0)) if kind == 2 else -line.slope
    mask = sheet.letters(lines, style, turn)
    at = float(dice.generator.normal(0.5, 0.05)) if dice.chance(0.85) else dice.between(0.15, 0.85)
    begin, end, outwards = line.begin, line.end, line.outwards
    middle = (begin[0] + (end[0] - begin[0]) * at, begin[1] + (end[1] - begin[1]) * at)
    gap = 0.0
    if style.stands == "beside":
        half = abs(outwards[0]) * mask.width / 2 + abs(outwards[1]) * mask.height / 2
        if turn and kind == 3:
            half = 0.75 * style.letter_px * len(lines)
        gap = half + dice.between(0.1, 0.9) * style.letter_px + style.line_px
        if dice.chance(0.15):  # on the other hand, between the line and the thing
            gap = -gap
    spot = sheet.spot((middle[0] + outwards[0] * gap, middle[1] + outwards[1] * gap), mask)
    if spot is None:
        return
    if style.stands == "on":
        pad = 0.25 * style.letter_px
        hole = (spot[0] - pad, spot[1] - pad, spot[2] + pad, spot[3] + pad)
        sheet.pen.rectangle(hole, fill=sheet.behind(spot))
    sheet.write(mask, spot, style, kind, len(lines))


def _stroke(
    sheet: Sheet, begin: Point, end: Point, style: Style, outwards: Point, ink: int
) -> None:
    size = math.dist(begin, end)
    along = ((end[0] - begin[0]) / size, (end[1] - begin[1]) / size)
    step = 7.0 if style.dashed else size
    at = 0.0
    while at < size:
        a, b = at, min(size, at + (0.6 * step if style.dashed else step))
        ends = [(begin[0] + along[0] * t, begin[1] + along[1] * t) for t in (a, b)]
        sheet.pen.line([*ends[0], *ends[1]], fill=ink, width=style.line_px)
        at += step
    for tip, way in ((begin, 1), (end, -1)):
        _tip(sheet, tip, (along[0] * way, along[1] * way), style, ink)
    if style.wings:
        reach = sheet.dice.between(1, 4) * style.letter_px
        for tip in (begin, end):
            inner = (tip[0] - outwards[0] * reach, tip[1] - outwards[1] * reach)
            sheet.pen.line([*tip, *inner], fill=ink, width=max(1, style.line_px - 1))


def _tip(sheet: Sheet, tip: Point, along: Point, style: Style, ink: int) -> None:
    size = (4 + 2.5 * style.line_px) * sheet.dice.between(0.8, 1.4)
    across = (-along[1], along[0])
    wings = [
        (tip[0] + along[0] * size * 1.6 + across[0] * size * s * 0.7,
         tip[1] + along[1] * size * 1.6 + across[1] * size * s * 0.7)
        for s in (1, -1)
    ]  # fmt: skip
    if style.ends == "filled":
        sheet.pen.polygon([tip, *wings], fill=ink)
    elif style.ends == "open":
        for wing in wings:
            sheet.pen.line([*tip, *wing], fill=ink, width=style.line_px)
    elif style.ends == "dot":
        r = size * 0.5
        box = (tip[0] - r, tip[1] - r, tip[0] + r, tip[1] + r)
        sheet.pen.ellipse(box, fill=ink)
    elif style.ends in ("tick", "bar"):
        slant = 0.0 if style.ends == "bar" else 0.7
        dx, dy = across[0] + along[0] * slant, across[1] + along[1] * slant
        ends = [tip[0] - dx * size, tip[1] - dy * size, tip[0] + dx * size, tip[1] + dy * size]
        sheet.pen.line(ends, fill=ink, width=style.line_px)


def _length(sheet: Sheet) -> str:
    dice = sheet.dice
    number = dice.pick(
        (f"{dice.whole(1, 300)}", f"{dice.between(1, 99):.1f}", f"{dice.between(1, 99):.2f}")
    )
    text = number + dice.pick(_UNITS)
    if dice.chance(0.2):
        text += dice.pick((" / ", "/", " (")) + f"{dice.between(1, 99):.1f} cm"
    if dice.chance(0.12):
        text = f"{dice.pick(_BESIDE)} {text}"
    return text


def print_prose(sheet: Sheet) -> None:
    """A text that measures nothing here; now and then it points at something."""
    dice = sheet.dice
    style = _style(sheet)
    is_length = dice.chance(0.5)
    text = _length(sheet) if is_length else dice.pick(_PROSE)
    mask = sheet.letters([text], style, 0.0)
    spot = sheet.spot((dice.between(0, sheet.size[0]), dice.between(0, sheet.size[1])), mask)
    if spot is None:
        return
    if dice.chance(0.3):
        begin = (spot[2] + 4.0, (spot[1] + spot[3]) / 2)
        reach = dice.between(20, 140)
        end = (begin[0] + reach, begin[1] + dice.pick((0.0, dice.between(-80, 80))))
        ink = style.ink_on(sheet.behind(spot))
        sheet.pen.line([*begin, *end], fill=ink, width=style.line_px)
    sheet.write(mask, spot, style, 0, 1)
