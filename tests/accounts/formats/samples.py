"""Tokens of made-up people, and files of other programs that hold them."""

from typing import Any

from codex_proxy.accounts.formats.reading import TextForm, file_of, find_in_text, rows_of
from codex_proxy.accounts.formats.rows import AccountFile, AccountRow, ReadingRules, Row
from codex_proxy.operations.transfer.times import read_iso
from codex_proxy.simulator.tokens import Issue, Person, access_token, id_token, person_of

NOW = 1_800_000_000.0
DAY = 86_400.0
ISSUER = "https://auth.example"
CLIENT_ID = "app_ours"
OWNER = person_of("acc-1", email="owner@example.invalid", user_id="user-1")
COLLEAGUE = person_of("acc-1", email="colleague@example.invalid", user_id="user-2")
REFRESH = "rt_" + "r" * 40
RULES = ReadingRules(issuer=ISSUER, client_id=CLIENT_ID, now=NOW, read_time=read_iso)
WITH_STATE = ReadingRules(issuer=ISSUER, client_id=CLIENT_ID, now=NOW, read_time=read_iso, include_state=True)


def token(person: Person = OWNER, *, issued_at: float = NOW - DAY, lasts: float = 10 * DAY) -> str:
    """An access token."""
    return access_token(person, Issue(issued_at=issued_at, expires_at=issued_at + lasts))


def identity_token(person: Person = OWNER) -> str:
    """An id token."""
    return id_token(person, Issue(issued_at=NOW, expires_at=NOW + DAY))


def auth_json(access: str | None = None, refresh: str | None = REFRESH, **tokens: Any) -> dict[str, Any]:
    """The file of the Codex CLI."""
    told = {"access_token": access or token(), "id_token": identity_token(), "account_id": "acc-1", **tokens}
    return {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": told | ({"refresh_token": refresh} if refresh else {}),
        "last_refresh": "2026-11-26T00:00:00Z",
    }


def sub2api(*credentials: dict[str, Any], **members: Any) -> dict[str, Any]:
    """An export of sub2api with one account for each of ``credentials``."""
    accounts = [
        {"name": f"seat {place}", "platform": "openai", "type": "oauth", "credentials": each, "concurrency": 3}
        for place, each in enumerate(credentials, start=1)
    ]
    return {
        "exported_at": "2026-11-26T00:00:00Z",
        "proxies": [],
        "accounts": accounts,
        "type": "sub2api-data",
    } | members


def read(body: bytes, form: TextForm = TextForm.JSON, rules: ReadingRules = RULES) -> AccountFile:
    """What a body says."""
    found = find_in_text(body, form)
    return file_of(found, rows_of(found, rules))


def account(row: Row) -> AccountRow:
    """A row that has to be an account."""
    assert isinstance(row, AccountRow), row
    return row


def tokens_of(row: Row) -> tuple[str | None, str | None]:
    """The tokens of a row that has to be an account."""
    secrets = account(row).grant.secrets
    return secrets.access_token, secrets.refresh_token
