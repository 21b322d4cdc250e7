"""IANA's special-purpose address registries, as blocks that no shop's pictures stand at.

Of https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry, as
last updated on 2024-10-22, and RFC 9780 of 2025. Listed here, as what Python's `is_global` knows of
them differs from one patch release to the next. Blocks that IANA calls globally reachable (AS112,
AMT, anycast of PCP and TURN) are refused with the rest: they lead to the nearest machine of a
protocol, never to a shop.
"""

from ipaddress import IPv4Network, IPv6Network
from typing import Final

SPECIAL_IPV4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network, RFC 791
            "10.0.0.0/8",  # private use, RFC 1918
            "100.64.0.0/10",  # shared: carrier-grade NAT, RFC 6598; metadata of Alibaba Cloud
            "127.0.0.0/8",  # loopback, RFC 1122
            "169.254.0.0/16",  # link-local, RFC 3927; metadata of most clouds
            "172.16.0.0/12",  # private use, RFC 1918
            "192.0.0.0/24",  # protocol assignments, RFC 6890; metadata of Oracle Cloud
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.31.196.0/24",  # AS112, RFC 7535
            "192.52.193.0/24",  # AMT, RFC 7450
            "192.88.99.0/24",  # relays into 6to4, RFC 7526
            "192.168.0.0/16",  # private use, RFC 1918
            "192.175.48.0/24",  # AS112, RFC 7534
            "198.18.0.0/15",  # benchmarking, RFC 2544
            "198.51.100.0/24",  # documentation, RFC 5737
            "203.0.113.0/24",  # documentation, RFC 5737
            "240.0.0.0/4",  # reserved, RFC 1112; limited broadcast, RFC 8190
            # Of the registry of the whole address space:
            "224.0.0.0/4",  # multicast, RFC 5771
        ),
    )
)

# 2000::/3 is all that IANA gives to hosts of the internet: what lies outside (loopback, unique and
# link-local, multicast, discard-only, segment routing, local NAT64) is refused without a list.
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")

SPECIAL_IPV6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, RFC 2928: Teredo, ORCHID, benchmarking, AS112, AMT
            "2001:db8::/32",  # documentation, RFC 3849
            "2620:4f:8000::/48",  # AS112, RFC 7534
            "3fff::/20",  # documentation, RFC 9637
        ),
    )
)

# The last 32 bits are an IPv4 address: it decides. So it does in ::ffff:0:0/96 and 2002::/16.
HOLDS_IPV4: Final = (
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765
)
