"""The control plane's rows; ``tests/scenarios/test_access.py`` asks every route."""

from codex_proxy.access.matrix.control import CONTROL
from codex_proxy.access.matrix.rules import Need

OPEN_CHANGES = {"/auth/dashboard-setup", "/auth/dashboard-login", "/auth/dashboard-logout"}


def test_whatever_is_no_get_counts_as_a_change() -> None:
    assert [row for row, rule in CONTROL.items() if row[0] != "GET" and not rule.acts] == []


def test_nothing_is_for_the_keys_of_clients() -> None:
    assert {rule.need for rule in CONTROL.values()} == {Need.OPEN, Need.ADMIN}


def test_strangers_may_only_come_in_and_go() -> None:
    assert {path for (_, path), rule in CONTROL.items() if rule.need is Need.OPEN and rule.acts} == OPEN_CHANGES


def test_every_export_of_secrets_wants_a_fresh_password() -> None:
    sudo = {path for (method, path), rule in CONTROL.items() if rule.sudo and method == "GET"}
    assert sudo == {"/auth/accounts/export", "/auth/api-keys/export", "/api/proxies/export"}
