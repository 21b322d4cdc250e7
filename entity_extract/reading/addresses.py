"""Which network addresses may be asked: the guard against server-side request forgery."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# (host, port) -> numeric addresses, best first; raises OSError where the name is unknown.
Resolve = Callable[[str, int], Sequence[str]]

# A numeric address -> may it be connected to?
Permit = Callable[[str], bool]

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_IPV4_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, deprecated: likewise


def resolve_host(host: str, port: int) -> list[str]:
    """All addresses of `host`, in the order of the system's resolver, each once."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def is_public(address: str) -> bool:
    """True where `address` is one that anybody on the internet may be sent to.

    Private, loopback, link-local (cloud metadata), shared (carrier-grade NAT), multicast, reserved
    and unspecified ones are not; nor are IPv6 addresses that hide such an IPv4 address.
    """
    ip = ip_address(address.partition("%")[0])
    hidden = _embedded_ipv4(ip) if isinstance(ip, IPv6Address) else None
    if hidden is not None:
        return is_public(str(hidden))
    # is_global alone lets multicast through, and 240.0.0.0/4 in some patch releases of Python.
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64 or ip in _IPV4_COMPATIBLE:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
