"""Every form of a proxy's address that owners and sellers write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.operations.egress.addresses import (
    ForbiddenProxy,
    InvalidProxy,
    ProxyAddress,
    build_proxy,
    exit_of,
    masked_url,
    parse_proxy,
)

FULL = "socks5://us%20er:p%40%3A%2Fw@proxy.invalid:1080"
LOGIN = {"username": "us er", "password": "p@:/w"}
SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://proxy.invalid:3128", "http://proxy.invalid:3128"),
        (" HTTP://Proxy.Invalid:3128/ ", "http://proxy.invalid:3128"),
        ("https://u:p@proxy.invalid:8443", "https://u:p@proxy.invalid:8443"),
        ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"),
        ("socks5h://u@proxy.invalid:1080", "socks5h://u@proxy.invalid:1080"),
        ("http://proxy.invalid", "http://proxy.invalid:80"),
        ("https://proxy.invalid/", "https://proxy.invalid:443"),
        ("proxy.invalid:3128", "http://proxy.invalid:3128"),
        ("proxy.invalid:3128:u:p:q", "http://u:p%3Aq@proxy.invalid:3128"),
        ("socks5://proxy.invalid:1080:us er:p@:/w", None),
        ("socks5://proxy.invalid:1080:u:p", "socks5://u:p@proxy.invalid:1080"),
        ("u:p@q@proxy.invalid:3128", "http://u:p%40q@proxy.invalid:3128"),
        ("socks5|proxy.invalid|1080|us er|p@:/w", FULL),
        ("socks5h|proxy.invalid|1080", "socks5h://proxy.invalid:1080"),
        ("http://us%20er:100%@[::0001]:8080", "http://us%20er:100%25@[::1]:8080"),
        ("[2001:DB8::1]:8080:u:p", "http://u:p@[2001:db8::1]:8080"),
        (FULL, FULL),
    ],
)
def test_p_06_forms_of_one_address(text: str, url: str | None) -> None:
    if url is None:
        with pytest.raises(InvalidProxy):
            parse_proxy(text)
    else:
        assert parse_proxy(text).url == url


def test_p_06_parts_and_a_host_that_is_a_whole_url() -> None:
    assert build_proxy("SOCKS5", "proxy.invalid", 1080, **LOGIN).url == FULL
    assert build_proxy("http", FULL, 3128, username="other", password="other").url == FULL
    assert build_proxy("http", "socks5://proxy.invalid", "1080", **LOGIN).url == FULL
    assert build_proxy("socks5", "us%20er:p%40%3A%2Fw@proxy.invalid:1080").url == FULL
    assert build_proxy("http", "http://proxy.invalid").url == "http://proxy.invalid:80"
    assert build_proxy("https", "::1", "8443").url == "https://[::1]:8443"


METADATA = (
    *("169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1"),
    *("[fe80::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[ff02::1]"),
    *("[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]"),
    *("metadata.google.internal", "Metadata.Goog"),
)


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
@pytest.mark.parametrize("host", METADATA)
def test_p_10_no_proxy_is_at_a_link_local_or_metadata_address(host: str, scheme: str) -> None:
    url = f"{scheme}://u:{SECRET}@{host}:3128"
    with pytest.raises(ForbiddenProxy, match=r"^host: .*cloud metadata address is no proxy's$"):
        parse_proxy(url)
    with pytest.raises(ForbiddenProxy):
        build_proxy(scheme, host, 3128)
    assert masked_url(url).startswith(f"{scheme}://u:***@"), "one that was kept is still shown"


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "169.254.43518", "0251.0376.0251.0376", "x.0xA9"])
def test_p_10_addresses_have_one_spelling(host: str) -> None:
    with pytest.raises(InvalidProxy, match=r"^host: it is neither a name"):
        parse_proxy(f"http://{host}:3128")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "10.0.0.1", "172.16.0.9", "192.168.1.1", "100.64.0.1", "[fd12::1]", "proxy1"],
)
def test_proxies_are_on_this_machine_and_in_private_networks_too(host: str) -> None:
    assert parse_proxy(f"http://{host}:3128").url == f"http://{host}:3128"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "url"),
        (" \n", "url"),
        ("x" * 3000, "url"),
        (f"socks4://u:{SECRET}@proxy.invalid:1", "protocol"),
        (f"socks://u:{SECRET}@proxy.invalid:1", "protocol"),
        (f"ftp|proxy.invalid|21|u|{SECRET}", "protocol"),
        (f"://u:{SECRET}@proxy.invalid:1", "protocol"),
        (f"http://http://u:{SECRET}@proxy.invalid:1", "url"),
        (f"http://u:{SECRET}@proxy.invalid:1/path", "port"),
        (f"http://u:{SECRET}@proxy.invalid/path", "host"),
        (f"http://u:{SECRET}@", "host"),
        (f"http://u:{SECRET}@:3128", "host"),
        (f"http://u:{SECRET}@pro xy.invalid:1", "host"),
        (f"http://u:{SECRET}@pröxy.invalid:1", "host"),
        (f"http://u:{SECRET}@[::1:1", "host"),
        (f"http://u:{SECRET}@[::1]8080", "host"),
        ("proxy.invalid", "port"),
        (f"http://u:{SECRET}@proxy.invalid:0", "port"),
        (f"http://u:{SECRET}@proxy.invalid:65536", "port"),
        (f"http://u:{SECRET}@proxy.invalid:1:2", "port"),
        (f"u:{SECRET}:proxy.invalid:1", "port"),
        ("::1:1080", "port"),
        (f"http://u%0a:{SECRET}@proxy.invalid:1", "username"),
        (f"http://u:{SECRET * 100}@proxy.invalid:1", "password"),
    ],
)
def test_p_05_what_is_no_address_is_refused_by_field_without_repeating_it(text: str, field: str) -> None:
    with pytest.raises(InvalidProxy) as caught:
        parse_proxy(text)
    assert caught.value.field == field
    assert SECRET not in str(caught.value)


def test_parts_that_are_missing_are_named() -> None:
    for parts, field in ((("http", " ", 1), "host"), (("", "proxy.invalid", 1), "protocol")):
        with pytest.raises(InvalidProxy) as caught:
            build_proxy(*parts)
        assert caught.value.field == field
    with pytest.raises(InvalidProxy) as caught:
        build_proxy("http", "proxy.invalid")
    assert caught.value.field == "port"


def test_p_05_eyes_and_logs_see_the_user_and_no_password() -> None:
    address = parse_proxy(f"http://user:{SECRET}@proxy.invalid:1")
    assert address.masked == "http://user:***@proxy.invalid:1"
    assert address.place == "proxy.invalid:1"
    assert SECRET not in repr(address)
    assert masked_url(address.url) == address.masked
    assert masked_url(f"nonsense {SECRET}") == "***"


def test_where_calls_come_out_has_a_name_that_tells_nothing_of_the_password() -> None:
    assert exit_of(None) == "direct"
    assert exit_of("http://u:a@proxy.invalid:1") == exit_of("http://u:b@proxy.invalid:1")
    assert exit_of(f"odd {SECRET}@there") == exit_of("odd other@there")
    elsewhere = {exit_of(f"{scheme}://{user}proxy.invalid:1") for scheme in ("http", "socks5") for user in ("", "u@")}
    assert len(elsewhere | {"direct"}) == 5


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse_proxy(text)
    except InvalidProxy:
        return
    assert parse_proxy(address.url) == address


@given(
    st.sampled_from(["http", "https", "socks5", "socks5h"]),
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20),
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20),
)
def test_the_one_spelling_reads_as_the_same_address(scheme: str, username: str, password: str) -> None:
    address = ProxyAddress(scheme=scheme, host="proxy.invalid", port=1, username=username, password=password)
    assert parse_proxy(address.url) == address
