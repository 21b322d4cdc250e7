"""Things that are measured: boxes seen from aside, silhouettes, with seams and shelves."""

import math

from deploy.artefacts.directions.sheet import Box, Point, Sheet, overlap


def draw_thing(sheet: Sheet) -> tuple[Box, Point | None]:
    """Its front, and where its back lies from there if it is seen from aside."""
    dice = sheet.dice
    width, height = sheet.size
    for _ in range(8):  # beside the others, if there is room
        wide, high = dice.between(0.12, 0.6) * width, dice.between(0.12, 0.6) * height
        left = dice.between(0.08, 0.92) * (width - wide)
        top = dice.between(0.08, 0.92) * (height - high)
        box = (left, top, left + wide, top + high)
        if not any(overlap(box, other) for other in sheet.things):
            break
    sheet.things.append(box)
    shade = dice.whole(20, 250)
    slant = math.radians(dice.between(18, 65)) * dice.pick((1, 1, 1, -1))
    deep = dice.between(0.1, 0.45) * min(wide, high)
    back = (deep * math.cos(slant), -deep * abs(math.sin(slant)))
    solid = dice.chance(0.65)
    if solid:
        _block(sheet, box, back, shade)
    else:
        _silhouette(sheet, box, shade)
    if dice.chance(0.5):
        _details(sheet, box, shade)
    return box, back if solid else None


def _block(sheet: Sheet, box: Box, back: Point, shade: int) -> None:
    x0, y0, x1, y1 = box
    dx, dy = back
    edge = max(0, shade - sheet.dice.whole(0, 90))
    top = [(x0, y0), (x1, y0), (x1 + dx, y0 + dy), (x0 + dx, y0 + dy)]
    near = x1 if dx > 0 else x0
    side = [(near, y0), (near, y1), (near + dx, y1 + dy), (near + dx, y0 + dy)]
    for corners, light in ((top, 25), (side, -25)):
        sheet.pen.polygon(corners, fill=min(255, max(0, shade + light)), outline=edge)
    sheet.pen.rectangle(box, fill=shade, outline=edge)


def _silhouette(sheet: Sheet, box: Box, shade: int) -> None:
    x0, y0, x1, y1 = box
    form = sheet.dice.pick(("ellipse", "rectangle", "bottle", "polygon", "frame"))
    if form == "ellipse":
        sheet.pen.ellipse(box, fill=shade)
    elif form == "bottle":
        neck = (x0 + 0.35 * (x1 - x0), y0, x0 + 0.65 * (x1 - x0), y1)
        sheet.pen.rounded_rectangle((x0, y0 + 0.3 * (y1 - y0), x1, y1), 12, fill=shade)
        sheet.pen.rectangle(neck, fill=shade)
    elif form == "polygon":
        turn = sorted(sheet.dice.between(0, 2 * math.pi) for _ in range(9))
        mid, half = ((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 2, (y1 - y0) / 2)
        at = [(mid[0] + half[0] * math.cos(a), mid[1] + half[1] * math.sin(a)) for a in turn]
        sheet.pen.polygon(at, fill=shade)
    elif form == "frame":
        sheet.pen.rectangle(box, outline=shade, width=sheet.dice.whole(2, 14))
    else:
        sheet.pen.rectangle(box, fill=shade)


def _details(sheet: Sheet, box: Box, shade: int) -> None:
    """Shelves, seams, textures: strokes that are no dimension lines."""
    x0, y0, x1, y1 = box
    dice = sheet.dice
    other = min(255, max(0, shade + dice.pick((-60, -30, 40, 70))))
    for _ in range(dice.whole(1, 7)):
        kind = dice.between(0.0, 1.0)
        x, y = dice.between(x0, x1), dice.between(y0, y1)
        if kind < 0.35:
            sheet.pen.line((x0, y, x1, y), fill=other, width=dice.whole(1, 4))
        elif kind < 0.7:
            sheet.pen.line((x, y0, x, y1), fill=other, width=dice.whole(1, 4))
        elif kind < 0.85:
            sheet.pen.line((x, y, dice.between(x0, x1), dice.between(y0, y1)), fill=other)
        else:
            r = dice.between(3, 0.2 * (x1 - x0) + 4)
            sheet.pen.ellipse((x - r, y - r, x + r, y + r), outline=other, width=2)
