"""Which addresses may be asked."""

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
    "platform of Azure": "168.63.129.16",
    "benchmarking": "198.18.0.1",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED.keys())
def test_an_address_that_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_other_spellings_of_loopback_resolve_to_an_address_that_is_refused(host: str) -> None:
    assert [is_public(address) for address in resolve_host(host, 80)] == [False]
