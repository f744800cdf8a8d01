"""Tables for people."""

from typing import Any

from rich.table import Table

from codex_proxy.accounts.lifecycle.status import AccountStatus
from codex_proxy.cli.tables import STYLES, accounts_table, checks_table, choices_table, preview_table
from codex_proxy.operations.accounts.checking import Finding
from tests.cli.gatehouse import Seen

WINDOW = {"window": "5 h", "used_percent": 12.5}
ACCOUNT: dict[str, Any] = {
    "id": "a",
    "label": None,
    "email": None,
    "accountId": None,
    "planType": None,
    "status": "rate_limited",
    "status_detail": {"reason": "usage_limit", "until": "2026-11-26T10:11:12.000Z"},
    "quota": {"rate_limit": WINDOW, "secondary_rate_limit": {"window": "weekly", "used_percent": None}},
    "expiresAt": None,
    "proxyName": "Global",
}


def shown(table: Table) -> list[list[str]]:
    """The cells of each row."""
    seen = Seen()
    seen.console.print(table)
    return [[cell for cell in line.split("  ") if cell] for line in seen.text.splitlines()[1:]]


def test_an_account_of_which_little_is_known() -> None:
    (row,) = shown(accounts_table([ACCOUNT]))
    assert [cell.strip() for cell in row] == [
        "a",
        "rate_limited",
        "usage_limit until 2026-11-26 10:11",
        "5 h 12.5 %",
        "Global",
    ]


def test_a_quota_of_which_nothing_is_known() -> None:
    nothing = ACCOUNT | {"quota": None, "status_detail": None}
    half = ACCOUNT | {"quota": {"rate_limit": None, "secondary_rate_limit": WINDOW}, "status_detail": None}
    assert [len(row) for row in shown(accounts_table([nothing, half]))] == [3, 4]


def test_an_id_is_whole_in_a_narrow_terminal() -> None:
    seen = Seen()
    seen.console.width = 40
    seen.console.print(accounts_table([ACCOUNT | {"id": "0123456789abcdef", "email": "x" * 60}]))
    assert "0123456789abcdef " in seen.text
    assert seen.text.count("x") == 60


def test_every_status_and_every_finding_has_a_colour() -> None:
    assert {*AccountStatus, *Finding} == STYLES.keys()


def test_checks_previews_and_choices() -> None:
    check = {"id": "a", "email": None, "previousStatus": "active", "result": "dead", "error": "revoked"}
    assert [cell.strip() for cell in shown(checks_table([check]))[0]] == ["a", "active", "dead", "revoked"]
    row = {"index": 3, "identity": {"email": None, "account_id": "w"}, "label": None, "action": "add", "reason": None}
    assert [cell.strip() for cell in shown(preview_table([row, row | {"identity": None}]))[0]] == ["3", "w", "add"]
    choice = {"at": "t", "chosen_name": None, "basis": None, "waited_seconds": 0.0, "passed_over": {"limited": 2}}
    (told,) = shown(choices_table({"choices": [choice | {"details": []}]}))
    assert [cell.strip() for cell in told] == ["t", "nobody", "0 s", "2 limited"]
