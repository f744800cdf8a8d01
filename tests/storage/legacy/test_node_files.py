"""What the Node system kept, read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.account import AUTH_CLAIM, PROFILE_CLAIM
from codex_proxy.accounts.record import FingerprintMode, Identity, Secrets
from codex_proxy.storage.legacy.node_files import (
    NodeFileUnreadable,
    parse_accounts_json,
    parse_auth_json,
    parse_entries,
    parse_row,
)
from tests.accounts.test_account import token_of

ISSUER = "https://issuer.test"
TOKEN = token_of(
    {
        "iat": 1_000,
        "exp": 2_000,
        AUTH_CLAIM: {"chatgpt_account_id": "acc", "chatgpt_user_id": "user", "chatgpt_plan_type": "plus"},
        PROFILE_CLAIM: {"email": "claimed@b.test"},
    }
)
USAGE = {"request_count": 7, "input_tokens": 100, "last_used": None}
ENTRY: dict[str, Any] = {
    "id": "0123456789abcdef",
    "token": TOKEN,
    "refreshToken": "rt-1",
    "email": "a@b.test",
    "accountId": "acc",
    "userId": "user",
    "label": "work",
    "codexFingerprintMode": "session",
    "planType": "team",
    "proxyApiKey": "codex-proxy-00ff",
    "status": "disabled",
    "usage": USAGE,
    "addedAt": "2026-01-02T03:04:05.678Z",
    "cachedQuota": None,
}


def accounts_json(*entries: Any) -> bytes:
    return json.dumps({"accounts": entries}).encode()


def test_an_entry_comes_whole() -> None:
    (account,) = parse_accounts_json(accounts_json(ENTRY), issuer=ISSUER).accounts
    new = account.new
    assert (new.row_id, new.email, new.plan, new.label) == ("0123456789abcdef", "a@b.test", "team", "work")
    assert new.identity == Identity(issuer=ISSUER, account_id="acc", user_id="user")
    assert new.secrets == Secrets(access_token=TOKEN, refresh_token="rt-1", client_key="codex-proxy-00ff")
    assert (new.issued_at, new.expires_at) == (1_000.0, 2_000.0)
    assert (account.enabled, account.fingerprint_mode) == (False, FingerprintMode.SESSION)
    assert new.added_at == 1_767_323_045.678
    assert json.loads(account.counters or b"") == USAGE


@pytest.mark.parametrize(
    "status", ["active", "expired", "quota_exhausted", "refreshing", "banned", "rate_limited", None, 7]
)
def test_only_what_the_owner_wanted_comes_of_the_status(status: object) -> None:
    (account,) = parse_entries([ENTRY | {"status": status}], issuer=ISSUER).accounts
    assert account.enabled


def test_the_token_tells_what_an_old_entry_does_not() -> None:
    (account,) = parse_entries([{"token": TOKEN}], issuer=ISSUER).accounts
    new = account.new
    assert new.identity == Identity(issuer=ISSUER, account_id="acc", user_id="user")
    assert (new.email, new.plan, new.label) == ("claimed@b.test", "plus", None)
    assert len(new.row_id) == 16
    assert (account.enabled, account.fingerprint_mode, new.added_at, account.counters) == (
        True,
        FingerprintMode.OFF,
        None,
        None,
    )


def test_a_refresh_token_alone_comes_along() -> None:
    (account,) = parse_entries([ENTRY | {"token": "", "accountId": None, "userId": None}], issuer=ISSUER).accounts
    assert account.new.secrets == Secrets(refresh_token="rt-1", client_key="codex-proxy-00ff")
    assert account.new.identity == Identity(issuer=ISSUER)


def test_the_first_form_was_one_account() -> None:
    raw = {"token": TOKEN, "proxyApiKey": "codex-proxy-1", "userInfo": {"email": "x@y.test", "accountId": "acc2"}}
    (account,) = parse_auth_json(json.dumps(raw).encode(), issuer=ISSUER).accounts
    assert (account.new.email, account.new.identity.account_id) == ("x@y.test", "acc2")
    assert account.new.secrets == Secrets(access_token=TOKEN, client_key="codex-proxy-1")


def test_what_cannot_be_used_is_told_by_its_number_and_holds_up_nothing() -> None:
    bad = [None, 7, {}, {"token": "secret-no-jwt"}, {"token": 5, "refreshToken": None}]
    found = parse_entries([*bad, ENTRY, {"refreshToken": "secret-rt"}], issuer=ISSUER)
    assert [len(account.new.row_id) for account in found.accounts] == [16, 16]
    assert [line.partition(":")[0] for line in found.skipped] == [f"account {number}" for number in range(1, 6)]
    assert "secret-" not in repr(found)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"7", b"{}", b'{"accounts": {}}', b"\xff", b"[" * 100_000, b'{"accounts": null}']
)
def test_what_is_no_file_of_its_is_told(raw: bytes) -> None:
    for parse in (parse_accounts_json, parse_auth_json):
        with pytest.raises(NodeFileUnreadable):
            parse(raw, issuer=ISSUER)


@pytest.mark.parametrize("raw", ["", "{", "\ud800"])
def test_a_row_that_cannot_be_read_is_none(raw: str) -> None:
    assert parse_row(raw) is None
    assert parse_row('{"a": 1}') == {"a": 1}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_members_of_any_kind_are_read_or_told(value: object) -> None:
    for name in ENTRY:
        found = parse_entries([ENTRY | {name: value}], issuer=ISSUER)
        assert len(found.accounts) + len(found.skipped) == 1
