"""The rows of what clients call; ``tests/scenarios/test_access.py`` asks every route."""

from codex_proxy.access.matrix.clients import BRIDGE, CALLBACK, DATA
from codex_proxy.access.matrix.rules import Need


def test_clients_are_never_asked_for_the_owners_key() -> None:
    assert {rule.need for rule in DATA.values()} == {Need.OPEN, Need.INFERENCE}
    assert not any(rule.sudo for rule in (*DATA.values(), *BRIDGE.values(), *CALLBACK.values()))


def test_what_costs_something_wants_a_key_or_is_the_bridges() -> None:
    assert [row for row, rule in DATA.items() if rule.acts and rule.need is Need.OPEN] == []
    assert {row for row, rule in BRIDGE.items() if rule.acts} >= {("POST", "/api/chat"), ("POST", "/api/generate")}


def test_only_health_is_told_under_any_name() -> None:
    told = {path for (_, path), rule in {**DATA, **BRIDGE, **CALLBACK}.items() if rule.any_host}
    assert told == {"/health", "/health/ready"}
