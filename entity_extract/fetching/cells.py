"""Links as a catalog's cell has them: copied out of HTML, JSON, Word, spreadsheets and paths.

What is mended here is what can mean one thing only. Nothing here decides what may be asked for: the
link that comes out is parsed and checked like any other.
"""

import html
import re
from typing import NamedTuple
from urllib.parse import unquote

# Of no use in a link, and not to be seen in one: soft hyphen, zero-width, direction marks, BOM.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_QUOTES = "\"'`“”„‘’«»"  # noqa: RUF001 (the quotes of the world)
_OPENING, _CLOSING = f"{_QUOTES}<[ ", f"{_QUOTES}>] "
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
_BETWEEN = f"|,;，；、{_BLANKS}"  # noqa: RUF001
_ABSOLUTE = r"(?:https?|s3a?|file):\\?/"
# A link may hold another (`?url=http://…`), but none that stands behind one of these.
_FURTHER = re.compile(rf"(?<=[{_BETWEEN}\"']){_ABSOLUTE}", re.IGNORECASE)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_DANGLING = re.compile(r"\s{1,3}[^\w\s/]{1,2}\Z")  # "a.jpg · b.jpg"
# What a link is put in by markup, formulas and JSON (`<img src="`, `=IMAGE("`, `{"url":"`, `[x](`),
# or the words before it ("Main image: "): nothing that could be a link or a path itself.
_PUT_IN = re.compile(rf"((?:(?!\w\.[^\W\d])[^/\\])*?([\s=(>\"']))(?={_ABSOLUTE})", re.IGNORECASE)
_END = {"'": re.compile("'"), '"': re.compile('"'), "(": re.compile(r"[\s\"'<>]|\)+(?=[\s,;|]|\Z)")}
_END_OF_WORD = re.compile(r"[\s\"'<>]")
_ENCODED = re.compile(r"https?%3A%2F%2F", re.IGNORECASE)
# How JPEG, PNG, GIF and WebP begin in base64.
_IN_BASE64 = re.compile(r"(?:/9j/|iVBORw0KGgo|R0lGOD|UklGR)[A-Za-z0-9+/\s]{90}")
_SIZE = re.compile(r"\s\d{1,6}(?:\.\d{1,3})?[wx]\Z")  # of a srcset
_DOUBLED = re.compile(r"\A(?:https?://)+(?=https?://)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|quot|apos|#0{0,4}\d{1,3}|#x0{0,4}[0-9a-f]{1,2});", re.IGNORECASE)
_JSON_SLASHES = re.compile(r"\A(?:https?:)?\\/\\/", re.IGNORECASE)
_HOST = r"(?:[^\s/\\?#@:|,;.]+\.)+[a-z]{2,63}(?::\d{1,5})?"
_NO_SCHEME = re.compile(_HOST + r"/.", re.IGNORECASE)
_ONE_SLASH = re.compile(r"(https?):[/\\](?=" + _HOST + r"[/\\])", re.IGNORECASE)
_BACKSLASHED = re.compile(r"https?:\\\\[^/@]+\Z", re.IGNORECASE)
_BACKSLASH_IN_PATH = re.compile(r"(https?://[^/\\?#@]+/)([^?#]*)", re.IGNORECASE)
_NOTHING = frozenset(
    {"-", "--", "–", "—", "{}", "\\n", "#n/a", "n/a", "n.a.", "na", "nan"}  # noqa: RUF001
    | {"(null)", "nil", "none", "null", "undefined"}
)
_MOST_NESTED = 3  # times that somebody has escaped what was escaped already


class Cell(NamedTuple):
    """The link that a cell means, "" where it means none, and how many more it holds."""

    link: str
    further: int


def read_cell(text: str) -> Cell:
    """Of several links, in a list or behind one another, the first: shops put the main one there.

    The work is linear in the length of `text`.
    """
    bare = _bare(_INVISIBLE.sub("", text))
    if bare.lower() in _NOTHING:
        return Cell("", 0)
    if bare[:5].lower() == "data:":  # it holds what it holds
        return Cell(bare, 0)
    if _IN_BASE64.match(bare):
        return Cell(f"data:;base64,{bare}", 0)
    first, behind = _first(_BREAK.sub(" ", bare))
    further = len(_FURTHER.findall(behind))
    return Cell(_mended(_SIZE.sub("", first) if further else first), further)


def _first(bare: str) -> tuple[str, str]:
    """The first link, and what stands behind it."""
    around = _PUT_IN.match(bare)
    if around is None:
        return _up_to_next(bare)
    link = bare[around.end() :]
    if around[2].isspace():
        return _up_to_next(link)
    end = _END.get(around[2], _END_OF_WORD).search(link)
    return (link[: end.start()], link[end.start() :]) if end else (link, "")


def _up_to_next(bare: str) -> tuple[str, str]:
    further = _FURTHER.search(bare, 1)
    if further is None:
        return bare, ""
    first = bare[: further.start()].rstrip(_CLOSING + _BETWEEN)
    return _DANGLING.sub("", first), bare[further.start() - 1 :]


def _bare(text: str) -> str:
    """Without blanks and separators at its ends, and without what it is wrapped in."""
    text = text.strip().strip(_BETWEEN)
    if not text.startswith(tuple(_OPENING)):
        return text
    return text.lstrip(_OPENING).rstrip(_CLOSING + _BETWEEN)


def _mended(link: str) -> str:
    if _JSON_SLASHES.match(link):
        link = link.replace("\\/", "/").replace("\\u0026", "&")
    link = _without_entities(link)
    if _ENCODED.match(link):
        link = unquote(link)
    link = _DOUBLED.sub("", link)
    link = _with_slashes(link)
    if link.startswith("//"):
        return f"https:{link}"
    return f"https://{link}" if _NO_SCHEME.match(link) else link


def _without_entities(link: str) -> str:
    for _ in range(_MOST_NESTED):
        plain = _ENTITY.sub(lambda found: html.unescape(found[0]), link)
        if plain == link:
            break
        link = plain
    return link


def _with_slashes(link: str) -> str:
    """Backslashes of a path as slashes. Near a host they stay: such a link is refused."""
    if _BACKSLASHED.match(link):
        link = link.replace("\\", "/")
    link = _ONE_SLASH.sub(r"\1://", link, count=1) if _ONE_SLASH.match(link) else link
    path = _BACKSLASH_IN_PATH.match(link)
    if path is None or "\\" not in path[2]:
        return link
    return path[1] + path[2].replace("\\", "/") + link[path.end() :]
