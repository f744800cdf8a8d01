"""What the commands ask for and show."""

import json
from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.asking import GatewayRefused
from codex_proxy.cli.keys import work
from tests.cli.gatehouse import Seen
from tests.cli.keys.house import scene


async def test_a_key_is_made_shown_once_changed_and_revoked(tmp_path: Path) -> None:
    seen = Seen()
    async with scene(tmp_path, seen) as played:
        await work.list_keys(played, as_json=False)
        assert "codex-proxy keys create" in seen.text
        await work.create_key(played, {"name": "one", "budgets": [work.budget_told("day=2usd")]}, as_json=False)
        secret = seen.text.splitlines()[-1]
        assert secret.startswith("sk-proxy-")
        await work.create_key(played, {"name": "two"}, as_json=True)
        await work.switch_keys(played, ["one"], enabled=False)
        shown = len(seen.text)
        await work.list_keys(played, as_json=True)
        told = json.loads(seen.text[shown:])
        assert [(key["name"], key["status"]) for key in told["keys"]] == [("one", "disabled"), ("two", "active")]
        assert secret not in seen.text[shown:]
        await work.rotate_key(played, "one")
        assert seen.text.splitlines()[-1] not in {secret, ""}
        await work.revoke_keys(played, ["one", told["keys"][1]["id"]])
        assert seen.text.splitlines()[-1] == "revoked: 2"


@pytest.mark.parametrize(
    ("told", "budget"),
    [
        ("month=20usd", {"period": "month", "unit": "usd", "limit": 20.0}),
        (" Total=1.5USD", {"period": "total", "unit": "usd", "limit": 1.5}),
        ("hour=500000tokens", {"period": "hour", "unit": "tokens", "limit": 500_000.0}),
    ],
)
def test_a_budget_is_said_in_words(told: str, budget: dict[str, object]) -> None:
    assert work.budget_told(told) == budget


@pytest.mark.parametrize("told", ["", "20usd", "year=1usd", "day=-1usd", "day=1eur", "day=1 usd"])
def test_words_that_are_no_budget_are_refused(told: str) -> None:
    with pytest.raises(StartRefused, match="PERIOD=AMOUNT"):
        work.budget_told(told)


def test_tools_are_named_or_told_as_json() -> None:
    assert work.tools_told(["web_search", ' {"type": "function", "name": "f"}'], none=False) == [
        {"type": "web_search"},
        {"type": "function", "name": "f"},
    ]
    assert (work.tools_told(None, none=False), work.tools_told([], none=True)) == (None, [])


@pytest.mark.parametrize(("told", "none"), [(["two words"], False), (["[]"], False), (["{"], False), (["x"], True)])
def test_words_that_are_no_tools_are_refused(told: list[str], none: bool) -> None:
    with pytest.raises(StartRefused, match="--tool"):
        work.tools_told(told, none=none)


def test_a_name_has_to_fit_one_key() -> None:
    keys = [{"id": "ck_1", "name": "one"}, {"id": "ck_2", "name": "same"}, {"id": "ck_3", "name": "same"}]
    assert work.resolved(keys, ["one", "ck_3", " ck_1 "]) == ["ck_1", "ck_3"]
    with pytest.raises(GatewayRefused, match="several"):
        work.resolved(keys, ["same"])
    with pytest.raises(GatewayRefused, match="no client key"):
        work.resolved(keys, ["two"])
