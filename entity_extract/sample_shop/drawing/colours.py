"""Colours as (red, green, blue), 0 to 255."""

from PIL import ImageColor

Colour = tuple[int, int, int]


def rgb(colour: str | Colour) -> Colour:
    """From a name or #rrggbb."""
    if isinstance(colour, str):
        red, green, blue = ImageColor.getrgb(colour)[:3]
        return red, green, blue
    return colour


def mix(a: str | Colour, b: str | Colour, share: float) -> Colour:
    """`a` with `share` of `b` in it."""
    first, second = rgb(a), rgb(b)
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(first, second, strict=True))
    return red, green, blue


def luminance(colour: str | Colour) -> float:
    """0 black to 1 white (Rec. 601 weights)."""
    red, green, blue = rgb(colour)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255
