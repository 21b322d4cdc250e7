"""Which addresses may be asked."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest

from entity_extract.fetching.addresses import is_public, resolve_host

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

REFUSED = {
    "loopback": "127.0.0.1",
    "loopback, IPv6": "::1",
    "unspecified": "0.0.0.0",  # noqa: S104
    "unspecified, IPv6": "::",
    "private 10/8": "10.1.2.3",
    "private 172.16/12": "172.20.0.1",
    "private 192.168/16": "192.168.1.1",
    "unique local, IPv6": "fd00::1",
    "link-local: cloud metadata": "169.254.169.254",
    "link-local with a zone, IPv6": "fe80::1%eth0",
    "shared: carrier-grade NAT": "100.64.0.1",
    "multicast": "224.0.0.251",
    "multicast, global": "233.252.0.1",
    "multicast, IPv6": "ff0e::1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "documentation": "192.0.2.1",
    "IPv4 mapped into IPv6": "::ffff:127.0.0.1",
    "IPv4 compatible": "::10.0.0.1",
    "NAT64": "64:ff9b::a9fe:a9fe",
    "NAT64, local prefix": "64:ff9b:1::a00:1",
    "6to4": "2002:7f00:1::",
    "Teredo": "2001:0:7f00:1::",
    "Teredo, of a public address": "2001:0:808:808::",
    "IPv4 mapped, metadata": "::ffff:169.254.169.254",
    "IPv4 translated": "::ffff:0:10.0.0.1",
    "NAT64, local prefix, public address": "64:ff9b:1::808:808",
    "ISATAP": "2606:4700::5efe:10.0.0.1",
    "relays into 6to4": "192.88.99.1",
    "site-local, IPv6": "fec0::1",
    "documentation, IPv6": "2001:db8::1",
    "documentation, IPv6, new": "3fff::1",
    "segment routing": "5f00::1",
    "discard only": "100::1",
    "metadata of Alibaba": "100.100.100.200",
    "metadata of AWS, IPv6": "fd00:ec2::254",
    "metadata of Oracle": "192.0.0.192",
    "platform of Azure": "168.63.129.16",
    "benchmarking": "198.18.0.1",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED.keys())
def test_an_address_that_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


# IANA's IPv4 and IPv6 Special-Purpose Address Registries of 2024-10-22, RFC 9780, and multicast.
IPV4_REGISTRY = """
    0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
    192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32
    192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16
    192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
    224.0.0.0/4
"""
IPV6_REGISTRY = """
    ::1/128 ::/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128
    2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28
    2001:30::/28 2001:db8::/32 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 ff00::/8
"""
BESIDE = """
    9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
    172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255
    198.20.0.0 223.255.255.255 2001:200:: 2001:db7:ffff:: 2001:db9:: 2003:: 2620:4f:7fff::
    2620:4f:8001:: 3ffe:ffff:: 2a00::1
"""


def ends(networks: str) -> Iterator[IPv4Address | IPv6Address]:
    for network in networks.split():
        block = IPv6Network(network) if ":" in network else IPv4Network(network)
        yield from (block[0], block[-1])


def hidden(address: IPv4Address) -> Iterator[str]:
    """The IPv6 addresses by which one gets to an IPv4 address."""
    for prefix in ("::ffff:", "64:ff9b::", "::", "::ffff:0:", "2606:4700::5efe:"):
        yield f"{prefix}{address}"
    yield str(IPv6Address(0x2002 << 112 | int(address) << 80 | 1))


@pytest.mark.parametrize("address", [*ends(IPV4_REGISTRY + IPV6_REGISTRY)], ids=str)
def test_what_iana_lists_for_a_special_purpose_is_refused(
    address: IPv4Address | IPv6Address,
) -> None:
    assert not is_public(str(address))
    if isinstance(address, IPv4Address):
        assert not any(map(is_public, hidden(address)))


@pytest.mark.parametrize("address", BESIDE.split())
def test_the_addresses_beside_a_special_block_are_public(address: str) -> None:
    assert is_public(address)
    if ":" not in address:
        assert all(map(is_public, hidden(IPv4Address(address))))


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_other_spellings_of_loopback_resolve_to_an_address_that_is_refused(host: str) -> None:
    assert [is_public(address) for address in resolve_host(host, 80)] == [False]
