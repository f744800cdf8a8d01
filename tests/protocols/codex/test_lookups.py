"""Model lists and account checks."""

import json

import pytest

from codex_proxy.canonical.target import Credential
from codex_proxy.protocols.codex.lookups import (
    AccountRouting,
    build_account_check,
    build_models_call,
    parse_account_check,
    parse_models,
)
from tests.protocols.codex.parts import CLIENT

CREDENTIAL = Credential(token="t", account_id="acc")


def test_headers_of_both_calls_are_the_real_clients() -> None:
    models = build_models_call(CLIENT, CREDENTIAL)
    assert models.path == "/codex/models?client_version=0.169.0"
    assert [name for name, _ in models.headers] == [
        "version", "authorization", "chatgpt-account-id", "originator", "user-agent", "accept",
    ]  # fmt: skip
    assert build_models_call(CLIENT, CREDENTIAL, etag='W/"1"').headers[-1] == ("if-none-match", 'W/"1"')
    check = build_account_check(CLIENT, CREDENTIAL)
    assert check.path == "/wham/accounts/check"
    assert [name for name, _ in check.headers] == ["user-agent", "authorization", "chatgpt-account-id", "accept"]


def test_models_are_read_with_what_they_can_do() -> None:
    entry = {
        "slug": "gpt-9",
        "display_name": "GPT 9",
        "supported_reasoning_levels": [{"effort": "low"}, {"effort": "high"}],
        "default_reasoning_level": "low",
        "service_tiers": [{"id": "priority"}],
        "support_verbosity": False,
        "use_responses_lite": True,
        "visibility": "hide",
        "context_window": 1000,
        "priority": 3,
        "future": 1,
    }
    (model,) = parse_models(json.dumps({"models": [entry, {"no": "slug"}, 7]}).encode())
    assert (model.slug, model.efforts, model.default_effort) == ("gpt-9", ("low", "high"), "low")
    assert (model.lite, model.visible, model.supports_verbosity) == (True, False, False)
    assert model.service_tiers == ("priority",)
    assert model.raw == entry


def test_the_older_spelling_of_efforts_is_read_too() -> None:
    entry = {"slug": "a", "supported_reasoning_efforts": ["low"], "default_reasoning_effort": "low"}
    (model,) = parse_models(json.dumps({"models": [entry]}).encode())
    assert (model.efforts, model.default_effort) == (("low",), "low")


@pytest.mark.parametrize(("slug", "visible"), [("gpt-9", True), ("auto", False)])
def test_a_selector_is_no_model_to_choose(slug: str, visible: bool) -> None:
    (model,) = parse_models(json.dumps({"models": [{"slug": slug, "visibility": "list"}]}).encode())
    assert model.visible is visible


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"models":7}'])
def test_no_list_is_no_models(body: bytes) -> None:
    assert parse_models(body) == ()


def check(origin: object, override: object = "NO_CONSTRAINT", account_id: str | None = "acc") -> AccountRouting | None:
    entry = {"id": "acc", "workspace_backend_origin": origin, "account_routing_override": override}
    told = {"accounts": [{"id": "other"}, entry], "default_account_id": "acc"}
    return parse_account_check(json.dumps(told).encode(), account_id)


def test_the_accounts_own_entry_says_where_to_ask() -> None:
    assert check("https://chatgpt.com") == AccountRouting(origin="https://chatgpt.com", override=None)
    assert check("https://us.chatgpt.com/", "us") == AccountRouting(origin="https://us.chatgpt.com", override="us")
    assert check("https://chatgpt.com", account_id=None) is not None


@pytest.mark.parametrize(
    "origin",
    ["http://chatgpt.com", "https://chatgpt.com/path", "https://u@chatgpt.com", "https://a\nb", "ftp://x", None, 7, ""],
)
def test_anything_but_a_plain_https_origin_settles_nothing(origin: object) -> None:
    assert check(origin) is None


def test_an_unknown_override_or_account_settles_nothing() -> None:
    assert check("https://chatgpt.com", "mars") is None
    assert check("https://chatgpt.com", account_id="stranger") is None
    assert parse_account_check(b"not json", "acc") is None
