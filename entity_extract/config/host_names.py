"""Hosts in the one spelling that they have in a link once it is parsed."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def ends_in_number(host: str) -> bool:
    """True where `host` can only be an IPv4 address, in any of its ways to be written."""
    return bool(_NUMBER.fullmatch(host.rpartition(".")[2]))


def is_host_name(host: str) -> bool:
    """True for a lower-case ASCII name, of labels that DNS takes or that shops have (`my_shop`)."""
    return len(host) <= 253 and all(map(_LABEL.fullmatch, host.split(".")))


def in_one_spelling(host: str) -> str:
    """`.Bücher.example` -> `xn--bcher-kva.example`, `[::01]` -> `::1`. Raises ValueError."""
    name = host.strip().strip(".").lower()
    try:
        return str(ip_address(name.strip("[]")))
    except ValueError:
        name = ".".join(map(_encoded, name.split(".")))
    if ends_in_number(name) or not is_host_name(name):
        raise ValueError(f"{host!r} is neither a name nor an address: no scheme, port, path or *")
    return name


def with_host_and_port(url: str) -> str:
    """`url` itself. Raises ValueError where it names no host, or a port that there is not."""
    parts = urlsplit(url)
    in_one_spelling(parts.hostname or "")
    _ = parts.port  # raises
    return url


def _encoded(label: str) -> str:
    if label.isascii():
        return label
    return idna.encode(label, strict=True, std3_rules=True).decode("ascii")
