"""What an import would do with each row."""

from typing import Any

import msgspec

from codex_proxy.accounts.record import AccountRecord, Identity, Secrets
from codex_proxy.operations.transfer.previewing import (
    Action,
    Known,
    PreviewedIdentity,
    PreviewedRow,
    in_their_order,
    previewed,
)
from codex_proxy.operations.transfer.tally import NEWER_HERE
from tests.accounts.formats.samples import DAY, ISSUER, NOW, REFRESH, read, token

OWNER_IDENTITY = Identity(issuer=ISSUER, account_id="acc-1", user_id="user-1")
SHOWN = PreviewedIdentity(account_id="acc-1", user_id="user-1", email="owner@example.invalid")


def seen(*entries: Any, known: Known) -> tuple[PreviewedRow, ...]:
    return in_their_order(list(previewed(read(msgspec.json.encode(list(entries))).rows, known, now=NOW)))


def here(*, issued_at: float | None) -> Known:
    return Known([AccountRecord(row_id="a", identity=OWNER_IDENTITY, issued_at=issued_at)])


def test_a_stranger_is_added_and_shown_by_name_and_never_by_token() -> None:
    [row] = seen({"token": token(), "label": "mine"}, known=Known([]))
    assert row == PreviewedRow(index=1, action=Action.ADD, identity=SHOWN, label="mine")
    assert "eyJ" not in msgspec.json.encode(row).decode()


def test_a_known_account_is_updated_unless_what_is_here_was_issued_later() -> None:
    assert seen(token(), known=here(issued_at=NOW - DAY))[0].action is Action.UPDATE
    assert seen(token(), known=here(issued_at=None))[0].action is Action.UPDATE
    [row] = seen(token(), known=here(issued_at=NOW))
    assert (row.action, row.reason) == (Action.SKIP, NEWER_HERE)


def test_a_second_row_of_one_account_finds_the_first_one_done() -> None:
    older, newer = token(issued_at=NOW - 2 * DAY), token(issued_at=NOW - DAY)
    assert [row.action for row in seen(older, newer, known=Known([]))] == [Action.ADD, Action.UPDATE]
    assert [row.action for row in seen(newer, older, known=Known([]))] == [Action.ADD, Action.SKIP]


def test_whose_a_refresh_token_is_shows_only_where_it_is_here() -> None:
    known = Known([])
    known.hold({"a": Secrets(refresh_token=REFRESH), "b": Secrets(access_token="at")})
    [mine, other] = seen(REFRESH, "rt_" + "o" * 40, known=known)
    assert (mine.action, other.action) == (Action.UPDATE, Action.ADD)
    assert (mine.reason, other.identity) == ("an account here holds this refresh token", None)
    assert "when its refresh token is exchanged" in (other.reason or "")


def test_what_will_be_exchanged_or_left_out_is_said() -> None:
    expired = {"token": token(issued_at=NOW - 20 * DAY), "refreshToken": REFRESH}
    [row] = seen(expired, known=Known([]))
    assert (row.action, row.reason) == (Action.ADD, "its access token has expired; its refresh token is exchanged")
    foreign = {"token": token(), "refresh_token": REFRESH, "client_id": "app_theirs"}
    assert "left out" in (seen(foreign, known=Known([]))[0].reason or "")


def test_rows_that_are_no_accounts_say_why_in_their_place() -> None:
    rows = seen({"platform": "gemini"}, token(), 5, known=Known([]))
    assert [(row.index, row.action) for row in rows] == [(1, Action.SKIP), (2, Action.ADD), (3, Action.INVALID)]
    assert rows[2].reason == "it is neither an object nor a token"
