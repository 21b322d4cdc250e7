"""Links as strangers write them: parsed once, spelled in one way, refused where they are odd.

One spelling matters for more than looks: the host is what addresses are checked for, rates are
counted by and connections are kept under. `http://2130706433`, `http://0x7f.1` and `http://127.0.0.1`
are one host here.
"""

import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from pathlib import PurePosixPath
from urllib.parse import unquote

from urllib3 import util
from urllib3.exceptions import LocationParseError

from entity_extract.catalog.picture_names import is_picture
from entity_extract.config import FetchConfig
from entity_extract.config.host_names import ends_in_number, is_host_name
from entity_extract.fetching.addresses import is_public
from entity_extract.fetching.cells import read_cell
from entity_extract.fetching.fetched import Refused
from entity_extract.fetching.redact import redact_link
from entity_extract.status import Status

_PORTS = {"http": 80, "https": 443}
_MOST_LETTERS = 8192  # what servers take; our regular expressions see no more either
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # and halves of a UTF-16 pair

# Where one stands in a link, urllib3 takes each %20 of it for text that is yet to be encoded.
_STRAY_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+-]{1,15}(?=:)")


@dataclass(frozen=True)
class Link:
    """`host` is a lower-case ASCII name, or an address without brackets.

    For http and https `target` is path and query, percent-encoded. For file it is the path, host
    "" and port 0; for s3 `host` is the bucket, `target` the key and port 0; for data, which only a
    catalog may have, `target` is what stands behind the colon.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_address(self) -> bool:
        return ":" in self.host or ends_in_number(self.host)

    @property
    def netloc(self) -> str:
        """Host and port as a link has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"


def parse(cell: str, file_root: str | None = None) -> Link:
    """The link that a catalog's cell means; the plain path of a picture is that of a file, from
    `file_root` on. Raises Refused with NO_LINK or BAD_LINK, and with BLOCKED for a path where that
    is None.
    """
    link = read_cell(cell).link
    if not link:
        raise Refused(Status.NO_LINK, "the row has no link")
    if link[:5].lower() == "data:":  # long, and kept once, by the caller
        return Link("data", "", 0, link[5:])
    if _is_path(link):
        if file_root is None:
            raise Refused(
                Status.BLOCKED,
                "a path and no link: files need fetch.file_root, the folder that they lie in",
            )
        return Link("file", "", 0, str(PurePosixPath(file_root, link)))
    return parse_url(link)


def _is_path(text: str) -> bool:
    """Whether it can be nothing else: it ends as a picture's name does, and names no host."""
    first, slash, _ = text.partition("/")
    host = slash and (first == "localhost" or ("." in first and ends_in_number(first)))
    odd = text.startswith("//") or host or any(mark in text for mark in "?#:@\\")
    return is_picture(text) and not odd and not _CONTROL.search(text)


def identity(cell: str | None) -> str | None:
    """What the spellings of one link have in common: blanks, http or https, a port that says no
    more, percent signs. None where the cell means no link; a link that is refused is as it stands.
    """
    try:
        link = parse(cell or "")
    except Refused as refused:
        return None if refused.status is Status.NO_LINK else (cell or "").strip()
    if link.scheme not in _PORTS:
        return str(link)
    default = link.port in _PORTS.values()
    port = "" if default else f":{link.port}"
    return f"//{link.host}{port}{unquote(link.target)}"


def host_of(text: str | None) -> str:
    """The http(s) host that `text` names, "" where it names none."""
    try:
        link = parse(text or "")
    except Refused:
        return ""
    return link.host if link.scheme in _PORTS else ""


def check(link: Link, config: FetchConfig) -> None:
    """Raises Refused where the configuration does not let `link` be asked for."""
    if link.scheme not in _PORTS:
        return  # what files and buckets may be read is checked where they are
    if _within(link.host, config.deny_hosts):
        raise Refused(Status.BLOCKED, f"{link.host!r} is among fetch.deny_hosts")
    if config.allow_hosts and not _within(link.host, config.allow_hosts):
        raise Refused(Status.BLOCKED, f"{link.host!r} is not among fetch.allow_hosts")
    if not _port_is_allowed(link.port, config):
        raise Refused(Status.BLOCKED, _why_not_that_port(link))


def _port_is_allowed(port: int, config: FetchConfig) -> bool:
    if config.ports == "standard":  # an image store of one's own is where it is
        return config.allow_private or port in _PORTS.values()
    return config.ports == "any" or port in config.ports


def _why_not_that_port(link: Link) -> str:
    """By the key that opens it: of a private address no list of ports would."""
    local = link.host == "localhost" or (link.is_address and not is_public(link.host))
    if local:
        return f"{link.host!r} is not a public address: fetch.allow_private is false"
    return f"port {link.port} is not among fetch.ports"


def _within(host: str, names: tuple[str, ...]) -> bool:
    """Whole labels: `example.com` is also `img.example.com`, and not `badexample.com`."""
    return any(host == name or host.endswith(f".{name}") for name in names)


@lru_cache(maxsize=4096)  # asked for when a link is queued, and again when it is fetched
def parse_url(text: str) -> Link:
    """`text` as it stands: in a redirect nothing else is meant. Raises Refused with BAD_LINK."""
    if len(text) > _MOST_LETTERS:
        raise Refused(Status.BAD_LINK, f"a link of {len(text)} letters")
    shown = redact_link(text)
    if _CONTROL.search(text):
        raise Refused(Status.BAD_LINK, f"control characters in {shown!r}")
    if "\\" in text.partition("?")[0]:  # browsers read it as "/", others as part of the host
        raise Refused(Status.BAD_LINK, f"a backslash in {shown!r}")
    scheme, colon, _ = text.lower().partition(":")
    if colon and scheme in _PORTS:
        return _web_link(text, shown)
    if colon and scheme == "file":
        return _file_link(text, shown)
    if colon and scheme in ("s3", "s3a"):
        return _s3_link(text, shown)
    other = _SCHEME.match(text)
    kind = f"{other[0].lower()} links are not fetched" if other else "not a link with a host"
    raise Refused(Status.BAD_LINK, f"{kind}: {shown!r}")


def _web_link(text: str, shown: str) -> Link:
    try:
        url = util.parse_url(_STRAY_PERCENT.sub("%25", text))
    except (LocationParseError, ValueError):  # its own words would quote the link
        raise Refused(Status.BAD_LINK, f"not a URL: {shown!r}") from None
    if url.auth is not None:
        raise Refused(Status.BAD_LINK, "a link must not hold a user name or password")
    if url.port == 0:
        raise Refused(Status.BAD_LINK, f"port 0 in {shown!r}")
    scheme = url.scheme or ""
    return Link(scheme, _host(url, shown), url.port or _PORTS[scheme], url.request_uri)


def _host(url: util.Url, shown: str) -> str:
    host = (url.host or "").removesuffix(".")
    if not host:
        raise Refused(Status.BAD_LINK, f"no host in {shown!r}")
    try:
        if host.startswith("["):
            return _ipv6(host.strip("[]"))
        if ends_in_number(host):
            return socket.inet_ntoa(socket.inet_aton(host))  # decimal, octal, hex, 1 to 4 parts
    except (OSError, AddressValueError):
        raise Refused(Status.BAD_LINK, f"{host!r} is no address") from None
    if not is_host_name(host):
        raise Refused(Status.BAD_LINK, f"{host!r} is no host name")
    return host


def _ipv6(address: str) -> str:
    """An interface of this machine (`%eth0`) is nothing that a link may choose."""
    if "%" in address:
        raise AddressValueError(address)
    return str(IPv6Address(address))


def _file_link(text: str, shown: str) -> Link:
    rest = text[len("file:") :]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            raise Refused(Status.BAD_LINK, f"a file on another machine: {shown!r}")
        rest = slash + path
    path = unquote(rest.partition("?")[0].partition("#")[0])
    if not path.startswith("/") or "\0" in path:
        raise Refused(Status.BAD_LINK, f"no absolute path in {shown!r}")
    return Link("file", "", 0, path)


def _s3_link(text: str, shown: str) -> Link:
    bucket, _, key = text.partition("://")[2].partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket) or not key.strip("/"):
        raise Refused(Status.BAD_LINK, f"no bucket and key in {shown!r}")
    if {".", ".."} & set(key.split("/")):  # on its way it would become another bucket's key
        raise Refused(Status.BAD_LINK, f"dots for a name in {shown!r}")
    if key.endswith("/"):
        raise Refused(Status.BAD_LINK, f"a folder: {shown!r}")
    return Link("s3", bucket, 0, key)
