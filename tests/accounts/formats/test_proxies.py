"""Proxies that come with accounts."""

from typing import Any

import pytest

from codex_proxy.accounts.formats.proxies import read_proxies
from codex_proxy.accounts.formats.rows import OfferedProxy

PROXY = OfferedProxy(
    key="socks5|10.0.0.1|1080|user|p|w",
    name="10.0.0.1",
    protocol="socks5",
    host="10.0.0.1",
    port="1080",
    username="user",
    password="p|w",
)


def test_a_key_alone_tells_the_parts() -> None:
    assert read_proxies([{"proxy_key": PROXY.key}]) == (PROXY,)


def test_the_parts_alone_make_the_key() -> None:
    parts = {"protocol": "socks5", "host": "10.0.0.1", "port": 1080, "username": "user", "password": "p|w"}
    assert read_proxies([parts | {"name": "exit"}]) == (OfferedProxy(**{**_members(), "name": "exit"}),)


def test_parts_win_over_a_key_that_is_only_a_name() -> None:
    [proxy] = read_proxies([{"proxy_key": "p1", "protocol": "http", "host": "h.test", "port": "80"}])
    assert (proxy.key, proxy.protocol, proxy.host, proxy.port, proxy.username) == ("p1", "http", "h.test", "80", "")


@pytest.mark.parametrize("told", [None, 5, {}, "p", [5, None, "x"]])
def test_what_is_no_list_of_objects_has_no_proxies(told: Any) -> None:
    assert read_proxies(told) == ()


@pytest.mark.parametrize("port", [True, 70_000, 10**9, 1.5, None])
def test_what_is_no_port_is_none(port: Any) -> None:
    [proxy] = read_proxies([{"host": "h", "port": port}])
    assert proxy.port == ""


def _members() -> dict[str, Any]:
    return {name: getattr(PROXY, name) for name in PROXY.__struct_fields__}
