"""Which network addresses may be asked: the guard against server-side request forgery."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from entity_extract.fetching.bounds import Deadline, within
from entity_extract.fetching.fetched import Refused
from entity_extract.fetching.special_purpose import (
    GLOBAL_UNICAST,
    HOLDS_IPV4,
    SPECIAL_IPV4,
    SPECIAL_IPV6,
)
from entity_extract.status import Status

# (host, port) -> numeric addresses, best first; raises OSError where the name is unknown.
Resolve = Callable[[str, int], Sequence[str]]

# A numeric address -> may it be connected to?
Permit = Callable[[str], bool]

# Given to no one else, and yet not the open internet.
_AZURE = IPv4Address("168.63.129.16")  # Azure's platform, reachable from each of its machines

_ISATAP = (0x00005EFE, 0x02005EFE)  # before the IPv4 address, under any prefix (RFC 5214)

_KEEP_S = 60.0
_MOST_NAMES = 10_000


def resolve_host(host: str, port: int) -> list[str]:
    """All addresses of `host`, in the order of the system's resolver, each once."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def is_public(address: str) -> bool:
    """True where `address` is one that anybody on the internet may be sent to.

    Those of IANA's special purposes are not, see special_purpose: private, loopback, link-local
    (cloud metadata), shared (carrier-grade NAT), multicast, reserved and unspecified ones; nor are
    IPv6 addresses that hide such an IPv4 address. Raises ValueError for what is no address.
    """
    ip = ip_address(address.partition("%")[0])
    hidden = _embedded_ipv4(ip) if isinstance(ip, IPv6Address) else None
    if hidden is not None:
        return is_public(str(hidden))
    if isinstance(ip, IPv6Address):
        return ip in GLOBAL_UNICAST and not any(ip in network for network in SPECIAL_IPV6)
    return ip != _AZURE and not any(ip in network for network in SPECIAL_IPV4)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if any(ip in network for network in HOLDS_IPV4) or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
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
                where = f"{host!r} is at {address}, not a public address"
                raise Refused(Status.BLOCKED, f"{where}: fetch.allow_private is false")

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except UnicodeError as err:  # a label that is empty or longer than 63 letters
            raise Refused(Status.BAD_LINK, f"{host!r}: {err}") from None
        if not addresses:
            raise Refused(Status.UNREACHABLE, f"{host!r} has no address")
        self.check(host, addresses)
        return addresses
