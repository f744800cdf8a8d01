"""The owner makes, changes and revokes client keys."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.canonical.usage import Usage
from tests.access.granted.samples import KEY_ID, SECRET, granted, usd
from tests.operations.granted.stage import record
from tests.server.admin.accounts.plane import WORKER
from tests.server.admin.client_keys.plane import KEYS, serving

GONE = "ck_0000000000000000"


async def test_s_14_a_secret_is_in_the_answer_that_made_it_and_in_no_other(tmp_path: Path) -> None:
    async with serving(tmp_path) as (http, made):
        reply = await http.post(KEYS, json={"name": "one", "extra": 1})
        key = reply.json()["key"]
        assert reply.json()["warnings"] == ["unknown field 'extra' was ignored"]
        found = made.ring.find(key["key"])
        assert found is not None
        assert (found.key_id, reply.headers["cache-control"]) == (key["id"], "no-store")
        path = f"{KEYS}/{key['id']}"
        others = [
            await http.get(KEYS),
            await http.put(path, json={"name": "two"}),
            await http.post(f"{path}/toggle"),
            await http.post(f"{path}/toggle"),
            await http.post(f"{path}/reset-usage"),
        ]
        assert [other.status_code for other in others] == [200] * 5
        assert not [other for other in others if key["key"] in other.text]
        assert [other.json()["key"]["status"] for other in others[2:4]] == ["disabled", "active"]
        rotated = (await http.post(f"{path}/rotate")).json()["key"]
        assert rotated["name"] == "two"
        assert (made.ring.find(key["key"]), made.ring.find(rotated["key"]) is not None) == (None, True)
        assert (await http.delete(path)).json() == {"success": True}
        assert (await http.get(KEYS)).json()["keys"] == []


async def test_terms_are_told_changed_and_taken_away(tmp_path: Path) -> None:
    terms: dict[str, Any] = {
        "expires_at": "2030-01-01T00:00:00+00:00",
        "scopes": ["chat", "models:read"],
        "allowed_models": ["gpt-5*"],
        "requests_per_minute": 5,
        "tokens_per_minute": 6,
        "max_concurrency": 7,
        "max_budget_usd": 1.25,
        "max_tokens": 8,
        "budgets": [{"period": "month", "unit": "usd", "limit": 0.5}],
    }
    async with serving(tmp_path) as (http, _):
        key = (await http.post(KEYS, json={"name": "one"} | terms)).json()["key"]
        assert {name: key[name] for name in terms if name not in {"expires_at", "budgets"}} == {
            name: told for name, told in terms.items() if name not in {"expires_at", "budgets"}
        }
        assert key["expires_at"] == "2030-01-01T00:00:00.000Z"
        assert [(each["period"], each["limit"]) for each in key["budgets"]] == [
            ("total", 8.0),
            ("total", 1.25),
            ("month", 0.5),
        ]
        changed = await http.put(f"{KEYS}/{key['id']}", json={"max_budget_usd": 2, "expires_at": None})
        key = changed.json()["key"]
        assert (key["max_budget_usd"], key["expires_at"], key["max_tokens"]) == (2.0, None, 8)
        nothing = dict.fromkeys(terms.keys() - {"scopes", "budgets"}) | {"budgets": [], "status": "disabled"}
        key = (await http.put(f"{KEYS}/{key['id']}", json=nothing)).json()["key"]
        assert {key[name] for name in terms.keys() - {"scopes", "budgets"}} == {None}
        assert (key["budgets"], key["status"]) == ([], "disabled")


async def test_the_list_sums_up_what_all_of_them_used(tmp_path: Path) -> None:
    other = granted("ck_f000000000000002", "another secret", enabled=False)
    async with serving(tmp_path, granted(budgets=(usd(1_000),)), other) as (http, made):
        (await made.admitted()).settle(record(Usage(output_tokens=250)))
        told = (await http.get(KEYS)).json()
        assert [key["id"] for key in told["keys"]] == [KEY_ID, "ck_f000000000000002"]
        assert (told["total"], told["active"], told["total_cost_usd"], told["total_requests"]) == (2, 1, 0.00025, 1)
        assert SECRET not in str(told)
        again = (await http.post(f"{KEYS}/{KEY_ID}/reset-usage")).json()["key"]
        assert (again["used_cost_usd"], again["remaining_budget_usd"]) == (0.0, 0.001)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": ""},
        {"name": "one", "key": "pwd"},
        {"name": "one", "key": "it has spaces and umlauts: äöü"},
        {"name": "one", "scopes": ["admin"]},
        {"name": "one", "scopes": []},
        {"name": "one", "max_budget_usd": -1},
        {"name": "one", "expires_at": "tomorrow"},
        {"name": "one", "expires_at": "9999-12-31T23:59:59-23:59"},
        {"name": "one", "expires_at": "0001-01-01T00:00:00+00:00"},
        {"name": "\u0000"},
        {"name": "one", "budgets": [{"period": "day", "unit": "usd", "limit": 1e15}]},
        {"name": "one", "expires_at": "2030-01-01T00:00:00"},
        {"name": "one", "allowed_models": ["two words"]},
        {"name": "one", "budgets": [{"period": "year", "unit": "usd", "limit": 1}]},
        {"name": "one", "budgets": [{"period": "day", "unit": "usd", "limit": 1}] * 2},
    ],
)
async def test_what_cannot_be_used_is_a_400_and_nothing_is_made(tmp_path: Path, wrong: dict[str, Any]) -> None:
    async with serving(tmp_path) as (http, made):
        assert (await http.post(KEYS, json=wrong)).status_code == 400
        assert len(made.ring) == 0


async def test_what_is_not_there_is_a_404_and_a_taken_secret_a_409(tmp_path: Path) -> None:
    async with serving(tmp_path, granted()) as (http, _):
        for method, path in (
            ("PUT", ""),
            ("POST", "/toggle"),
            ("POST", "/rotate"),
            ("POST", "/reset-usage"),
            ("DELETE", ""),
        ):
            body = None if method == "DELETE" else {"status": "active"} if method == "PUT" else {}
            assert (await http.request(method, f"{KEYS}/{GONE}{path}", json=body)).status_code == 404, path
        assert (await http.post(KEYS, json={"name": "two", "key": SECRET})).status_code == 409


async def test_s_07_only_the_owner_reaches_them(tmp_path: Path) -> None:
    async with serving(tmp_path, granted()) as (http, _):
        for method, path in (("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/{KEY_ID}")):
            assert (await http.request(method, path, headers=WORKER)).status_code == 403
