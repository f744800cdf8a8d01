"""The rows of what clients call; ``tests/scenarios/test_access.py`` asks every route."""

import pytest

from codex_proxy.access.matrix.clients import BRIDGE, CALLBACK, DATA, scope_wanted
from codex_proxy.access.matrix.rules import Need, rule_of
from codex_proxy.access.scopes import Scope


def test_clients_are_never_asked_for_the_owners_key() -> None:
    assert {rule.need for rule in DATA.values()} == {Need.OPEN, Need.INFERENCE}
    assert not any(rule.sudo for rule in (*DATA.values(), *BRIDGE.values(), *CALLBACK.values()))


def test_what_costs_something_wants_a_key_or_is_the_bridges() -> None:
    assert [row for row, rule in DATA.items() if rule.acts and rule.need is Need.OPEN] == []
    assert {row for row, rule in BRIDGE.items() if rule.acts} >= {("POST", "/api/chat"), ("POST", "/api/generate")}


def test_only_health_is_told_under_any_name() -> None:
    told = {path for (_, path), rule in {**DATA, **BRIDGE, **CALLBACK}.items() if rule.any_host}
    assert told == {"/health", "/health/ready"}


@pytest.mark.parametrize(
    ("method", "row", "path", "scope"),
    [
        ("GET", "/v1/sub-key/info", "/v1/sub-key/info", None),
        ("GET", "/v1/models", "/v1/models", Scope.MODELS),
        ("GET", "/v1/models/*", "/v1/models/gpt-5.4/info", Scope.MODELS),
        ("GET", "/v1beta/models", "/v1beta/models", Scope.MODELS),
        ("POST", "/v1beta/models/*", "/v1beta/models/gpt-5.4:generateContent", Scope.CHAT),
        ("POST", "/v1/models/*", "/v1/models/gpt-5.4:generateContent", Scope.CHAT),
        ("POST", "/v1beta/models/*", "/v1beta/models/m:batchEmbedContents", Scope.EMBEDDINGS),
        ("GET", "/wham/usage", "/wham/usage", Scope.USAGE),
        ("POST", "/v1/chat/completions", "/v1/chat/completions", Scope.CHAT),
        ("GET", "/v1/responses/*", "/v1/responses/resp_1", Scope.CHAT),
        ("POST", "/v1/messages/count_tokens", "/v1/messages/count_tokens", Scope.CHAT),
        ("POST", "/v1/embeddings", "/v1/embeddings", Scope.EMBEDDINGS),
        ("POST", "/v1/audio/speech", "/v1/audio/speech", Scope.AUDIO),
        ("POST", "/v1/images/edits", "/v1/images/edits", Scope.IMAGES),
    ],
)
def test_a_route_wants_the_scope_of_what_it_does(method: str, row: str, path: str, scope: Scope | None) -> None:
    assert scope_wanted(rule_of(DATA, method, row), path) is scope
