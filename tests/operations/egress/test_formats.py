"""Lists of proxies: what is written is read, and what is wrong spoils nothing else."""

import contextlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codex_proxy.accounts.keeping import EgressProxy
from codex_proxy.operations.egress.addresses import parse_proxy
from codex_proxy.operations.egress.formats import (
    MAX_BYTES,
    BadRow,
    ListedProxy,
    UnreadableList,
    clean_name,
    read_list,
    write_list,
)
from tests.operations.egress.stage import SECRET

URL = f"socks5://us%20er:{SECRET}%22@proxy.invalid:1080"


def listed(url: str, **members: Any) -> ListedProxy:
    return ListedProxy(address=parse_proxy(url), **members)


def test_what_is_written_is_read_back() -> None:
    proxies = [
        EgressProxy(proxy_id="1", name='Frank"furt: # 1\\', url=URL),
        EgressProxy(proxy_id="2", name="Ünit - [2]", url="http://127.0.0.1:3128", enabled=False),
    ]
    text = write_list(proxies)
    assert "- name:" in text
    assert "enabled: false" in text
    read, errors = read_list(text.encode())
    assert [(each.name, each.address.url, each.enabled) for each in read] == [
        (proxy.name, proxy.url, proxy.enabled) for proxy in proxies
    ]
    assert errors == ()
    assert read_list(write_list([]).encode()) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "- name: one\n  url: http://u:p@proxy.invalid:1\n",
        "---\n# ours\n-\n  name: one\n  host: proxy.invalid\n  port: 1\n  username: u\n  password: p\n",
        '[{"name": "one", "protocol": "http", "host": "http://u:p@proxy.invalid:1"}]',
        '{"proxies": [{"name": "one", "url": "http://u:p@proxy.invalid:1", "enabled": true}]}',
        "proxies:\n  - {name: one, url: 'http://u:p@proxy.invalid:1'}\n",
    ],
)
def test_lists_in_yaml_and_json(text: str) -> None:
    assert read_list(text.encode()) == ((listed("http://u:p@proxy.invalid:1", name="one"),), ())


def test_lines_of_text() -> None:
    text = "\ufeff# ours\n\nproxy.invalid:1\r\n proxy.invalid:2:u:p \n[::1]:3\nsocks5|proxy.invalid|4|u|p\n"
    read, errors = read_list(text.encode())
    urls = ["http://proxy.invalid:1", "http://u:p@proxy.invalid:2", "http://[::1]:3", "socks5://u:p@proxy.invalid:4"]
    assert [each.address.url for each in read] == urls
    assert errors == ()
    assert len(read_list(b"[::1]:3\n")[0]) == 1
    assert len(read_list(b"- http://proxy.invalid:1\n- proxy.invalid:2\n")[0]) == 2


def test_p_07_a_row_that_is_none_is_an_error_with_its_number_and_without_its_content() -> None:
    rows = [
        "null",
        "5",
        "[]",
        "{}",
        "{url: {}}",
        "{url: true}",
        "{name: [x], url: http://proxy.invalid:1}",
        "{url: http://proxy.invalid:1, enabled: off and on}",
        f"ftp://u:{SECRET}@proxy.invalid:1",
        "{protocol: http, port: 1}",
        "{host: proxy.invalid, port: 1.5}",
        "http://proxy.invalid:1",
    ]
    read, errors = read_list("".join(f"- {row}\n" for row in rows).encode())
    assert [each.address.url for each in read] == ["http://proxy.invalid:1"]
    assert [each.row for each in errors] == list(range(1, 12))
    assert errors[0] == BadRow(row=1, error="row: it is neither a mapping nor a text")
    assert [each.error.partition(":")[0] for each in errors[3:]] == [
        *("url", "url", "url", "name", "enabled", "protocol", "url", "port")
    ]
    assert SECRET not in str(errors)


def bomb() -> bytes:
    rows = [b"- &a [x, x]", *(b"- &b%d [*a, *a]" % number for number in range(100))]
    return b"\n".join(rows)


@pytest.mark.parametrize(
    "content",
    [
        b"x" * (MAX_BYTES + 1),
        b"- \xff",
        b"- [unclosed",
        b"- {a: 1, a: 2}",
        b"proxies: 5",
        b"{}",
        b"- !!python/object/apply:os.system ['true']",
        b"- \x00",
        b"[" * 100_000,
        b"- " + b"{a: " * 50 + b"}" * 50,
        bomb(),
        b"[" + b"x," * 10_001 + b"x]",
    ],
)
def test_p_07_a_file_that_is_no_list_is_refused_whole(content: bytes) -> None:
    with pytest.raises(UnreadableList):
        read_list(content)


def test_a_list_that_refers_to_itself_makes_nothing_of_it() -> None:
    read, errors = read_list(b"- &a [*a]\n- &u http://proxy.invalid:1\n- *u\n")
    assert (len(read), len(errors)) == (2, 1)


@given(st.binary(max_size=200) | st.text(alphabet="-[]{}&*!: \n\"'#|>ab1", max_size=60).map(str.encode))
@example(b"- ? a")
def test_p_07_any_bytes_are_rows_errors_or_refused(content: bytes) -> None:
    with contextlib.suppress(UnreadableList):
        read_list(content)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Frankfurt", "Frankfurt"),
        ("  Frank \n furt ", "Frank furt"),
        ("", "proxy.invalid:1080"),
        (URL, "proxy.invalid:1080"),
        (f"u:{SECRET}@proxy", "proxy.invalid:1080"),
        (f"mine ({SECRET}x)", "proxy.invalid:1080"),
        ("mine (s3cr)", "mine (s3cr)"),
        ("x" * 100, "x" * 64),
        ("a\x07b", "proxy.invalid:1080"),
    ],
)
def test_p_05_a_name_never_shows_credentials(name: str, clean: str) -> None:
    assert clean_name(name, parse_proxy(f"socks5://u:{SECRET}@proxy.invalid:1080")) == clean
