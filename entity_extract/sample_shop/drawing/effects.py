"""Backgrounds, and what a camera, a scanner or a careless seller does to a picture."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from entity_extract.sample_shop.drawing.colours import Colour, mix, rgb
from entity_extract.sample_shop.drawing.dice import Dice

Size = tuple[int, int]


def _smooth_noise(size: Size, cells: Size, dice: Dice) -> Image.Image:
    """Grey clouds: noise of cells[0] x cells[1], enlarged."""
    noise = dice.generator.integers(0, 256, size=(cells[1], cells[0]), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


def plain(size: Size, tint: Colour, dice: Dice) -> Image.Image:
    return Image.new("RGB", size, dice.pick(("#ffffff", "#ffffff", "#f6f6f4", "#eef1f3")))


def studio(size: Size, tint: Colour, dice: Dice) -> Image.Image:
    """A wall that brightens towards the middle, and a floor."""
    wall, floor = mix(tint, "white", 0.72), mix(tint, "white", 0.5)
    x = np.linspace(-1, 1, size[0])[None, :]
    y = np.linspace(-1, 1, size[1])[:, None]
    glow = np.clip(1.1 - np.hypot(x, y + 0.2) * 0.4, 0, 1.05)[..., None]
    base = np.where((y > 0.45)[..., None], np.array(floor), np.array(wall))
    edge = Image.fromarray(np.clip(base * glow, 0, 255).astype(np.uint8))
    return edge.filter(ImageFilter.BoxBlur(4))


def wooden_table(size: Size, tint: Colour, dice: Dice) -> Image.Image:
    """A blurred room above planks with grain."""
    image = bokeh(size, tint, dice)
    horizon = round(size[1] * dice.between(0.5, 0.66))
    board = (size[0], size[1] - horizon)
    grain = _smooth_noise(board, (6, max(8, board[1] // 4)), dice)
    dark, light = dice.pick(
        (("#4f3320", "#9a6b43"), ("#7d5a3c", "#c99f70"), ("#8f8577", "#cfc6b8"))
    )
    wood = Image.composite(
        Image.new("RGB", board, rgb(light)), Image.new("RGB", board, rgb(dark)), grain
    )
    pen = ImageDraw.Draw(wood)
    for n in range(1, 4):
        pen.line([(0, board[1] * n // 4), (size[0], board[1] * n // 4)], fill=rgb(dark), width=2)
    image.paste(wood, (0, horizon))
    return image


def bokeh(size: Size, tint: Colour, dice: Dice) -> Image.Image:
    """Lights out of focus, drawn at a quarter of the size since nothing in it is sharp."""
    small = (size[0] // 4, size[1] // 4)
    image = Image.new("RGB", small, mix(tint, "black", 0.45))
    pen = ImageDraw.Draw(image, "RGBA")
    for _ in range(26):
        x, y = dice.between(0, small[0]), dice.between(0, small[1])
        radius = dice.between(0.03, 0.11) * small[0]
        colour = mix(tint, dice.pick(("#ffe9b0", "#ffffff", "#ffc48a")), 0.6)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colour, 70))
    return image.filter(ImageFilter.GaussianBlur(3)).resize(size, Image.Resampling.BICUBIC)


def cloth(size: Size, tint: Colour, dice: Dice) -> Image.Image:
    """A bedspread or a paper backdrop: soft folds."""
    folds = _smooth_noise(size, (5, 5), dice)
    pale = mix(tint, "white", 0.82)
    return Image.composite(
        Image.new("RGB", size, pale), Image.new("RGB", size, mix(pale, "black", 0.22)), folds
    )


BACKGROUNDS = (plain, studio, wooden_table, bokeh, cloth)


def place(
    thing: Image.Image, background: Image.Image, *, degrees: float, dice: Dice
) -> Image.Image:
    """`thing` (RGBA) stood on the background, leaning by `degrees`, with its shadow."""
    cut = thing.crop(thing.getbbox())
    if degrees:
        cut = cut.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    room = (round(background.width * 0.9), round(background.height * 0.92))
    share = min(room[0] / cut.width, room[1] / cut.height) * dice.between(0.9, 1.0)
    cut = cut.resize(
        (round(cut.width * share), round(cut.height * share)), Image.Resampling.LANCZOS
    )
    left = (background.width - cut.width) // 2
    top = background.height - cut.height - round(background.height * 0.045)
    small = Image.new("L", (background.width // 4, background.height // 4))
    alpha = cut.getchannel("A").resize((cut.width // 4, cut.height // 4))
    small.paste(alpha.point(lambda a: a * 0.42), (left // 4 + 4, top // 4 + 3))
    shadow = small.filter(ImageFilter.GaussianBlur(4)).resize(background.size)
    out = background.copy()
    out.paste(rgb("#14110f"), (0, 0), shadow)
    out.paste(cut.convert("RGB"), (left, top), cut.getchannel("A"))
    return out


def tilted(image: Image.Image, degrees: float) -> Image.Image:
    """Turned by a few degrees on more of its own ground, so that nothing is cut off."""
    corner = image.getpixel((2, 2))
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=corner)


def grainy(image: Image.Image, dice: Dice, *, strength: float) -> Image.Image:
    noise = dice.generator.normal(0, strength, (image.height, image.width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def shrunk(image: Image.Image, longest: int) -> Image.Image:
    out = image.copy()
    out.thumbnail((longest, longest), Image.Resampling.BILINEAR)
    return out


def worn(image: Image.Image, dice: Dice) -> Image.Image:
    """One of: nothing, low resolution, out of focus, grain, faded, twice compressed, turned."""
    kind = dice.pick(
        ("none", "small", "blur", "grain", "faded", "artefacts", "tilt", "quarter"),
        weights=(50, 13, 7, 7, 5, 8, 7, 4),
    )
    if kind == "small":
        return shrunk(image, dice.whole(300, 460))
    if kind == "blur":
        return image.filter(ImageFilter.GaussianBlur(dice.between(0.8, 1.6)))
    if kind == "grain":
        return grainy(image, dice, strength=dice.between(5, 14))
    if kind == "faded":
        return ImageEnhance.Brightness(ImageEnhance.Contrast(image).enhance(0.6)).enhance(1.1)
    if kind == "artefacts":
        return compressed(image, quality=dice.whole(14, 30))
    if kind == "tilt":
        return tilted(image, dice.between(2, 6) * dice.pick((-1, 1)))
    if kind == "quarter":
        return image.transpose(dice.pick((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)))
    return image


def compressed(image: Image.Image, *, quality: int) -> Image.Image:
    """As after a pass through a hasty JPEG encoder."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return Image.open(content).convert("RGB")
