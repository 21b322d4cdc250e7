"""Pictures that several rooms of tests draw."""

from PIL import Image, ImageDraw

from tests.server import encoded


def faint(text: str) -> bytes:
    """Print that is eight grey levels lighter than its ground."""
    image = Image.new("RGB", (640, 480), (90, 90, 90))
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 10, 200, 120), fill="white")
    draw.text((60, 200), text, fill=(98, 98, 98), font_size=40)
    return encoded(image, "PNG")
