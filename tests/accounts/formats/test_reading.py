"""Files of accounts, from their bytes to rows."""

import contextlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.formats.reading import MOST_BYTES, TextForm, file_of, rows_of
from codex_proxy.accounts.formats.rows import AccountFile, AccountRow, InvalidRow, ReadingRules, Row, SkippedRow
from codex_proxy.accounts.formats.shapes import MOST_ROWS, ImportUnreadable, find_entries
from tests.accounts.formats.samples import (
    COLLEAGUE,
    DAY,
    NOW,
    REFRESH,
    RULES,
    WITH_STATE,
    account,
    auth_json,
    read,
    sub2api,
    token,
    tokens_of,
)

OTHER = "rt_" + "o" * 40
CANARY = "canary-0123456789-0123456789-canary"


def kinds(file: AccountFile) -> list[str]:
    return [type(row).__name__ for row in file.rows]


def unreadable(body: bytes, form: TextForm = TextForm.JSON) -> str:
    with pytest.raises(ImportUnreadable) as caught:
        read(body, form)
    assert CANARY not in str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------ every shape


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ({"token": token(), "refreshToken": REFRESH}, [(token(), REFRESH)]),
        ([token(), REFRESH], [(token(), None), (None, REFRESH)]),
        (
            {"accounts": [{"token": token()}, {"refreshToken": REFRESH, "label": "Backup"}]},
            [(token(), None), (None, REFRESH)],
        ),
        ([{"access_token": token(), "refresh_token": REFRESH, "type": "codex"}], [(token(), REFRESH)]),
        ({"access_token": token(), "refresh_token": REFRESH, "type": "codex"}, [(token(), REFRESH)]),
        (auth_json(), [(token(), REFRESH)]),
        (sub2api({"access_token": token(), "refresh_token": REFRESH}), [(token(), REFRESH)]),
        (sub2api({"refresh_token": REFRESH}, type="sub2api-bundle"), [(None, REFRESH)]),
        ({"code": 0, "data": sub2api({"access_token": token()})}, [(token(), None)]),
        ({"data": sub2api({"access_token": token()}), "skip_default_group_bind": True}, [(token(), None)]),
    ],
)
def test_every_shape_of_json_is_read(content: Any, tokens: list[tuple[str | None, str | None]]) -> None:
    body = msgspec.json.encode(content)
    for text in (body, b"\xef\xbb\xbf" + body, msgspec.json.format(body, indent=2)):
        assert [tokens_of(row) for row in read(text).rows] == tokens
        assert [tokens_of(row) for row in read(text, TextForm.LINES).rows] == tokens
    assert read_content(content) == read(body)


def test_lines_of_tokens_are_read_each_by_its_number() -> None:
    file = read(f"# mine\n{token()}\r\n\n  Bearer {REFRESH}\nno token\n  # end".encode(), TextForm.LINES)
    assert [row.index for row in file.rows] == [2, 4, 5]
    assert [tokens_of(row) for row in file.rows[:2]] == [(token(), None), (None, REFRESH)]
    assert isinstance(file.rows[2], InvalidRow)


@pytest.mark.parametrize("form", TextForm)
def test_lines_of_json_are_read_as_either_form(form: TextForm) -> None:
    lines = [msgspec.json.encode({"token": token()}), b"", msgspec.json.encode(REFRESH), b'{"token": ']
    file = read(b"\n".join(lines), form)
    assert [tokens_of(row) for row in file.rows[:2]] == [(token(), None), (None, REFRESH)]
    assert file.rows[2] == InvalidRow(index=4, reason="the line is no JSON")


def test_lines_may_be_mixed_and_one_that_is_no_text_fails_alone() -> None:
    file = read(b"\n".join([REFRESH.encode(), b"\xff\xfe", msgspec.json.encode({"token": token()})]), TextForm.LINES)
    assert kinds(file) == ["AccountRow", "InvalidRow", "AccountRow"]
    assert file.rows[1] == InvalidRow(index=2, reason="the line is no UTF-8")


def test_foreign_accounts_of_a_file_are_skipped_and_the_others_read() -> None:
    content = sub2api({"access_token": token()}, {"api_key": "sk-0123456789"}, {"refresh_token": REFRESH})
    content["accounts"][1] |= {"platform": "gemini", "type": "apikey"}
    file = read(msgspec.json.encode(content))
    assert kinds(file) == ["AccountRow", "SkippedRow", "AccountRow"]
    assert [account(row).label for row in (file.rows[0], file.rows[2])] == ["seat 1", "seat 3"]


def test_a_full_export_of_the_node_system_is_read_with_its_state() -> None:
    entry = {
        "id": "0123456789abcdef",
        "token": token(),
        "refreshToken": REFRESH,
        "email": "owner@example.invalid",
        "accountId": "acc-1",
        "userId": "user-1",
        "label": "mine",
        "codexFingerprintMode": "session",
        "planType": "plus",
        "proxyApiKey": "codex-proxy-" + "0" * 48,
        "status": "disabled",
        "usage": {"request_count": 3, "last_used": "2026-11-26T00:00:00.000Z"},
        "addedAt": "2026-11-01T00:00:00.000Z",
        "cachedQuota": None,
        "quotaFetchedAt": None,
        "quotaVerifyRequired": False,
    }
    [row] = read(msgspec.json.encode({"accounts": [entry]}), rules=WITH_STATE).rows
    state = account(row).state
    assert (tokens_of(row), account(row).label) == ((token(), REFRESH), "mine")
    assert state is not None
    assert state.counters is not None
    assert (state.enabled, state.counters.total.request_count) == (False, 3)


def test_the_proxies_of_a_file_come_with_it() -> None:
    content = sub2api({"access_token": token()}, proxies=[{"proxy_key": f"socks5|h.test|1080|u|{CANARY}"}])
    content["accounts"][0]["proxy_key"] = f"socks5|h.test|1080|u|{CANARY}"
    file = read(msgspec.json.encode(content))
    assert [proxy.key for proxy in file.proxies] == [account(file.rows[0]).proxy_key]
    assert CANARY not in repr(file)


# ----------------------------------------------------------------------------------------------- once and no more


def test_a_credential_that_is_there_twice_is_taken_once() -> None:
    rows = [token(), {"token": token(), "refreshToken": REFRESH}, {"refreshToken": REFRESH}, REFRESH]
    file = read(msgspec.json.encode([{"token": token(), "refreshToken": REFRESH}, *rows]))
    assert kinds(file) == ["AccountRow"] + ["SkippedRow"] * 4
    assert {row.reason for row in file.rows if isinstance(row, SkippedRow)} == {"its token is in row 1 as well"}


def test_two_members_of_one_workspace_are_two_rows() -> None:
    assert kinds(read(msgspec.json.encode([token(), token(COLLEAGUE)]))) == ["AccountRow"] * 2


def test_two_access_tokens_with_one_refresh_token_are_two_rows() -> None:
    older = token(issued_at=NOW - 2 * DAY)
    rows = [{"token": older, "refreshToken": REFRESH}, {"token": token(), "refreshToken": REFRESH}]
    assert kinds(read(msgspec.json.encode(rows))) == ["AccountRow"] * 2


# ------------------------------------------------------------------------------------------- what is unreadable


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the JSON ends too early: line 1, column 1"),
        (b'{"accounts": [', "the JSON ends too early: line 1, column 15, in row 1"),
        (b'[\n  "a",\n  {"b" 1}\n]', "expected ':': line 3, column 8, in row 2"),
        (b'{"x": [1, 2],\n "accounts": [{}, {}, {"a": [1,]}]}', "line 2, column 32, in row 3"),
        (b'{"accounts": [{}, {}], "x": @}', "invalid character: line 1, column 29"),
        (b'{"accounts": [{"note": "a, ] \\" b"}, {"token" 1}]}', "expected ':': line 1, column 47, in row 2"),
        (b'[{"token": "\xff"}]', "it is no UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"accounts": 1e999}', "out of range"),
        (b"rt_0123456789abcdef", "the JSON is malformed"),
        (b"true", "no accounts in it"),
    ],
)
def test_malformed_json_names_line_column_and_row(body: bytes, words: str) -> None:
    told = unreadable(body)
    assert words in told
    assert words.endswith("in row 3") or "in row 3" not in told


def test_malformed_json_is_not_repeated() -> None:
    unreadable(f'[{{"token": "{CANARY}", "refreshToken": {CANARY}}}]'.encode())
    unreadable(f'[\n{{"token": "{CANARY}"'.encode(), TextForm.LINES)


def test_what_is_too_large_is_told_so() -> None:
    for body in (b" " * (MOST_BYTES + 1), b"rt_0123456789abcdef\n" * (MOST_ROWS + 1)):
        with pytest.raises(ImportUnreadable) as caught:
            read(body, TextForm.LINES)
        assert caught.value.too_large


# ------------------------------------------------------------------------------------------------------ total

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
_NAMES = st.sampled_from(
    [
        "accounts",
        "data",
        "code",
        "token",
        "tokens",
        "credentials",
        "access_token",
        "refreshToken",
        "id_token",
        "label",
        "platform",
        "type",
        "usage",
        "proxies",
        "proxy_key",
        "host",
        "port",
        "status",
        "oauth_provenance",
        "issuer",
    ]
)
_TOKENS = st.sampled_from([token(), REFRESH, OTHER, "eyJ" + "x" * 30, "eyJ.eyJ.x" + "y" * 20, CANARY])
_CONTENT = st.recursive(
    _SCALARS | _TOKENS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=20,
)


def read_content(content: Any, rules: ReadingRules = RULES) -> AccountFile:
    """What content says that was decoded elsewhere."""
    found = find_entries(content)
    return file_of(found, rows_of(found, rules))


def rows_in(reading: Callable[[], AccountFile]) -> tuple[Row, ...]:
    """The rows of a file; none where it is refused, which is the one other thing that may happen."""
    with contextlib.suppress(ImportUnreadable):
        return reading().rows
    return ()


@given(
    body=st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")), form=st.sampled_from(TextForm)
)
def test_whatever_the_bytes_are_there_is_a_file_or_a_reason(body: bytes, form: TextForm) -> None:
    assert len(rows_in(lambda: read(body, form, WITH_STATE))) <= MOST_ROWS


@given(content=_CONTENT)
def test_whatever_the_content_is_there_is_a_file_or_a_reason(content: Any) -> None:
    for row in rows_in(lambda: read_content(content, WITH_STATE)):
        assert isinstance(row, AccountRow) or not any(secret in row.reason for secret in (CANARY, REFRESH, token()))


def test_claims_that_are_nested_without_end_are_no_claims() -> None:
    payload = "WzE" * 8000
    [row] = read(msgspec.json.encode([f"eyJhbGciOiJub25lIn0.{'W1tb' * 3000}.x", payload])).rows[:1]
    assert isinstance(row, InvalidRow)
    assert "claims cannot be read" in row.reason
