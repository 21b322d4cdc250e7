"""Which network addresses may be asked: the guard against server-side request forgery."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from entity_extract.fetching.bounds import Deadline, within
from entity_extract.fetching.fetched import Refused
from entity_extract.status import Status

# (host, port) -> numeric addresses, best first; raises OSError where the name is unknown.
Resolve = Callable[[str, int], Sequence[str]]

# A numeric address -> may it be connected to?
Permit = Callable[[str], bool]

# All that IANA gives to hosts of the internet; what lies outside is refused without a list.
_GLOBAL_UNICAST = IPv6Network("2000::/3")

# Inside what is_global allows, and yet not the open internet.
_REFUSED = (
    IPv4Network("168.63.129.16/32"),  # Azure's platform, reachable from each of its machines
    IPv4Network("192.88.99.0/24"),  # relays into 6to4, RFC 7526
    IPv6Network("2001::/32"),  # Teredo: an IPv4 address behind a NAT
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)

# The last 32 bits are an IPv4 address: it decides.
_HOLDS_IPV4 = (
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052; local-use 64:ff9b:1::/48 is refused as a whole
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765
)
_ISATAP = (0x00005EFE, 0x02005EFE)  # before the IPv4 address, under any prefix (RFC 5214)

_KEEP_S = 60.0
_MOST_NAMES = 10_000


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
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST:
        return False
    if any(ip in network for network in _REFUSED if network.version == ip.version):
        return False
    # is_global alone lets multicast through, and 240.0.0.0/4 in some patch releases of Python.
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if any(ip in network for network in _HOLDS_IPV4) or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


class Names:
    """Resolves a host once, lets through only what `permit` does, and keeps that for a minute.

    What is kept are the checked addresses, so that a name which answers differently later is not
    asked in between.
    """

    def __init__(self, resolve: Resolve, permit: Permit) -> None:
        self._resolve = resolve
        self._permit = permit
        self._kept: dict[tuple[str, int], tuple[float, Sequence[str]]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, deadline: Deadline) -> Sequence[str]:
        """One address at least, all permitted. Raises Refused, OSError, TimeoutError."""
        with self._lock:
            since, known = self._kept.get((host, port), (0.0, ()))
        if known and time.monotonic() - since < _KEEP_S:
            return known
        addresses = within(deadline, lambda: self._looked_up(host, port))
        with self._lock:
            if len(self._kept) >= _MOST_NAMES:
                self._kept.clear()
            self._kept[host, port] = time.monotonic(), addresses
        return addresses

    def forget(self, host: str, port: int) -> None:
        """Nobody answers at what was kept: the next one looks it up again."""
        with self._lock:
            self._kept.pop((host, port), None)

    def check(self, host: str, addresses: Sequence[str]) -> None:
        """Raises Refused where one of them is not permitted."""
        for address in addresses:
            if not self._permit(address):
                raise Refused(Status.BLOCKED, f"{host!r} is at {address}, not a public address")

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except UnicodeError as err:  # a label that is empty or longer than 63 letters
            raise Refused(Status.BAD_LINK, f"{host!r}: {err}") from None
        if not addresses:
            raise Refused(Status.UNREACHABLE, f"{host!r} has no address")
        self.check(host, addresses)
        return addresses
