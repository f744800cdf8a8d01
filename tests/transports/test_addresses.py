"""Where addresses lead."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.transports.addresses import Reach, is_disguised, is_here, reach_of

PUBLIC = ("8.8.8.8", "1.1.1.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2606:4700::1111", "2001:4860:4860::8888")
PRIVATE = (
    "127.0.0.1",
    "127.255.0.3",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.7",
    "::1",
    "fd12::1",
)
LINK_LOCAL = ("169.254.1.1", "fe80::1", "fe80::1%eth0", "fec0::1")
METADATA = ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
NOBODY = ("0.0.0.0", "0.1.2.3", "255.255.255.255", "240.0.0.1", "::", "100::1", "4000::1", "203.0.113.9", "2001:db8::1")
MULTICAST = ("224.0.0.1", "239.255.255.250", "ff02::1")
TUNNELS = ("2001:0:1::1", "64:ff9b:1::1", "::127.0.0.1")


@pytest.mark.parametrize(
    ("reach", "texts"),
    [
        (Reach.PUBLIC, PUBLIC),
        (Reach.PRIVATE, PRIVATE),
        (Reach.FORBIDDEN, LINK_LOCAL + METADATA + NOBODY + MULTICAST + TUNNELS),
    ],
)
def test_every_kind(reach: Reach, texts: tuple[str, ...]) -> None:
    assert {text: reach_of(ipaddress.ip_address(text)) for text in texts} == dict.fromkeys(texts, reach)


@given(st.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_another_is_judged_as_itself(plain: ipaddress.IPv4Address) -> None:
    number = int(plain)
    mapped = ipaddress.IPv6Address(0xFFFF << 32 | number)
    translated = ipaddress.IPv6Address(0x64FF9B << 96 | number)
    tunnelled = ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1)
    clothes = (mapped, translated, tunnelled)
    assert {reach_of(clothed) for clothed in clothes} == {reach_of(plain)}
    assert [is_disguised(address) for address in (*clothes, plain)] == [True, True, True, False]


@given(st.ip_addresses())
def test_nothing_is_called_public_that_the_registries_call_special(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    special = address.is_private or address.is_multicast or address.is_link_local or address.is_unspecified
    clothed = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    assert not special or clothed or reach_of(address) is not Reach.PUBLIC


def test_this_machine_is_told_by_its_own_words() -> None:
    assert all(is_here(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "A.LocalHost"))
    elsewhere = ("", "8.8.8.8", "10.0.0.1", "0.0.0.0", "localhost.invalid", "127.0.0.1.invalid", "::ffff:8.8.8.8")
    assert not any(is_here(host) for host in elsewhere)
