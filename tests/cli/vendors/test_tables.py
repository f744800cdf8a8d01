"""Vendors, keys and models as tables."""

from typing import Any

from rich.table import Table

from codex_proxy.cli.vendors.tables import catalogue_table, keys_table, models_table
from tests.cli.gatehouse import Seen


def lines(table: Table) -> list[str]:
    seen = Seen()
    seen.console.print(table)
    return [" ".join(line.split()) for line in seen.text.splitlines()]


def entry(**members: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": "k.1",
        "provider": "openai",
        "name": None,
        "model": "m",
        "status": "active",
        "reason": None,
        "coolingUntil": None,
        "apiKey": "****",
        "label": None,
        "source": "store",
        "lastUsedAt": None,
    }
    return told | members


def test_a_key_that_rests_says_until_when_and_why() -> None:
    cooling = {"reason": "rate_limited: slow", "coolingUntil": "2026-11-26T10:11:12.000Z"}
    used = {"lastUsedAt": "2026-11-26T10:00:00.000Z", "label": "mine"}
    configured = {"name": "cheap", "source": "settings", "model": None}
    assert lines(keys_table([entry(**cooling), entry(**used), entry(**configured)]))[1:] == [
        "k.1 openai m cooling rate_limited: slow until 2026-11-26 10:11 ****",
        "k.1 openai m active **** mine 2026-11-26 10:00",
        "k.1 cheap any it has active **** local.yaml",
    ]


def test_a_vendor_is_shown_with_some_of_its_models() -> None:
    models = [{"id": name, "displayName": name, "capabilities": ["chat"]} for name in "abcde"]
    vendor = {
        "displayName": "Acme [bold]",
        "defaultBaseUrl": None,
        "baseUrlForm": "https://host.example",
        "wires": ["chat", "responses"],
        "capabilities": ["chat"],
        "models": models,
    }
    assert lines(catalogue_table({"acme": vendor}))[1] == (
        "acme Acme [bold] https://host.example chat, responses chat a, b, c and 2 more"
    )
    named = {"id": "m", "displayName": "M", "capabilities": ["chat", "images"]}
    assert lines(models_table([*models[:1], named]))[1:] == ["a chat", "m M chat, images"]
