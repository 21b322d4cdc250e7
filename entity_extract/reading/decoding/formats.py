"""Which formats are read, and what bytes are that are none of them."""

import re
from importlib.util import find_spec
from typing import Final

from PIL import Image, features

_EXTRA: Final = 'pip install "entity-extract[formats]"'


def _registered() -> list[str]:
    """Formats of `entity-extract[formats]`, where it is installed, made known to Pillow."""
    found = []
    if find_spec("pi_heif"):
        from pi_heif import register_heif_opener

        # One thread: each core has a worker. What lies beside the picture is not asked for.
        register_heif_opener(
            decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
        )
        found.append("HEIF")
    if find_spec("pillow_jxl"):
        from pillow_jxl import JpegXLImagePlugin

        JpegXLImagePlugin.DECODE_THREADS = 0
        found.append("JXL")
    return found


# Never all of Pillow's formats: EPS runs Ghostscript, others have little-used C decoders.
FORMATS: Final = [
    *("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"),
    *(["AVIF"] if features.check("avif") else []),
    *_registered(),
]
HAS_SVG: Final = find_spec("resvg_py") is not None
Image.init()  # or the first picture would pay for it

# How the formats that are read begin: what begins so but does not open is a broken picture.
_OURS: Final = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
_OTHERS: Final = {
    b"%PDF": "PDF",
    b"8BPS": "PSD (Photoshop)",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\1\0": "ICO",
    b"\0\0\2\0\0\0\0\0": "TGA",
    b"\0\0\x0a\0\0\0\0\0": "TGA",
    b"II\xbc\x01": "JPEG XR",
    b"II+\0": "BigTIFF",
    b"MM\0+": "BigTIFF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"gimp xcf": "XCF (GIMP)",
    b"DDS ": "DDS",
    b"qoif": "QOI",
    b"FLV": "FLV video",
    b"\x1a\x45\xdf\xa3": "WebM or Matroska video",
    b"OggS": "Ogg",
    b"ID3": "MP3",
    b"\x1f\x8b": "gzip",
    b"PK\3\4": "ZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"FORM": "IFF",
    b"AT&TFORM": "DjVu",
    b"\xd7\xcd\xc6\x9a": "WMF",
    b"SIMPLE  =": "FITS",
    b"wOFF": "a font",
}
_BRANDS: Final = {  # of ISO media files, after "ftyp"
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "HEIF"),
    **dict.fromkeys((b"mif1", b"msf1"), "HEIF"),
    b"crx ": "CR3 (Canon raw)",
    b"qt  ": "QuickTime video",
}
_JXL: Final = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
_SPACE: Final = b" \t\r\n\xef\xbb\xbf"
_SVG: Final = re.compile(rb"(\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s+svg.*?>)*<(\w+:)?svg[\s>]", re.S)
_HTML: Final = re.compile(
    rb"(<!--.*?-->|\s)*<(!doctype\s+html|html|head|body|script|title|p|div|h1)\b", re.S | re.I
)


def name_of(content: bytes) -> str:
    """What the bytes are by their beginning, "" where they do not tell: "JPEG", "PDF" ..."""
    start = content[:4096]
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "MP4 video or the like")
    if start[:4] == b"RIFF":
        return {b"WEBP": "WEBP", b"AVI ": "AVI video", b"WAVE": "WAV"}.get(start[8:12], "")
    if start.startswith(_JXL):
        return "JXL"
    for magic, name in (_OURS | _OTHERS).items():
        if start.startswith(magic):
            return "CgBI (a PNG for iOS alone)" if start[12:16] == b"CgBI" else name
    if content[-18:-2] == b"TRUEVISION-XFILE":
        return "TGA"
    return "DICOM" if start[128:132] == b"DICM" else _text_format(start.lstrip(_SPACE))


def _text_format(text: bytes) -> str:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text.decode("utf-16", "replace").encode()
    if _SVG.match(text):
        return "SVG"
    if _HTML.match(text):
        return "an HTML page"
    if text[:1] in (b"{", b"["):
        return "JSON"
    if text[:5] == b"<?xml":
        return "XML"
    return ""


def how_to_read(name: str) -> str:
    """What would help to read a format that is not read here; "" where nothing would."""
    known = {"HEIF": "HEIF" in FORMATS, "JXL": "JXL" in FORMATS, "SVG": HAS_SVG}
    return f": {_EXTRA}" if not known.get(name, True) else ""
