"""The owner adds, names, switches and removes keys."""

from typing import Any

import pytest

from codex_proxy.canonical.failure import FailureKind
from tests.operations.vendor_keys.test_book import CONFIGURED
from tests.server.admin.accounts.plane import outcome
from tests.server.admin.vendor_keys.plane import KEYS, Plane, body, entries
from tests.vendors.samples import SECRET, failure


async def test_a_key_is_added_with_its_models_and_recognised_when_it_comes_again() -> None:
    async with Plane().serving() as http:
        reply = await http.post(KEYS, json=body("a", "b", label="mine", extra=1))
        told = reply.json()
        assert {name: told[name] for name in ("success", "added", "updated", "failed")} == {
            "success": True,
            "added": 2,
            "updated": 0,
            "failed": 0,
        }
        assert told["warnings"] == ["unknown field 'extra' was ignored"]
        assert [entry["model"] for entry in told["keys"]] == ["a", "b"]
        assert SECRET not in reply.text
        again = (await http.post(KEYS, json=body("b", "c"))).json()
        assert (again["added"], again["updated"], len(again["keys"])) == (1, 1, 3)
        assert len({entry["keyId"] for entry in await entries(http)}) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "provider"),
        (body("a", provider="acme"), "provider: 'acme' is no known vendor"),
        (body("a", wire="grpc"), "wire"),
        (body("a", wire="gemini"), "wire: OpenAI speaks chat, responses"),
        (body("a", apiKey=""), "apiKey: it is missing"),
        (body("a", models="a"), "models: Expected `array`"),
        (body("a", label="x" * 65), "label: it is longer"),
        (body("a", capabilities=["flying"]), "capabilities"),
        (body("a", baseUrl="http://169.254.169.254/v1"), "baseUrl: it leads to a forbidden address"),
    ],
)
async def test_what_cannot_be_used_is_a_400_that_names_the_field(wrong: dict[str, Any], words: str) -> None:
    async with Plane().serving() as http:
        reply = await http.post(KEYS, json=wrong)
        assert reply.status_code == 400
        assert words in reply.json()["error"]
        assert SECRET not in reply.text
        malformed = await http.post(KEYS, content=b"{", headers={"content-type": "application/json"})
        assert malformed.status_code == 400
        assert await entries(http) == []


async def test_entries_are_switched_one_by_one_and_keys_as_a_whole() -> None:
    plane = Plane(CONFIGURED)
    async with plane.serving() as http:
        await http.post(KEYS, json=body("a", "b"))
        _, first, second = await entries(http)
        plane.stage.book.pool.settle(first["keyId"], failure(FailureKind.UNAUTHORIZED), 1.0)
        path = f"{KEYS}/{second['id']}/status"
        assert (await http.patch(path, json={"status": "disabled"})).json() == {"success": True}
        assert [entry["status"] for entry in await entries(http)] == ["active", "error", "disabled"]
        await http.patch(f"{KEYS}/{first['id']}/status", json={"status": "active"})
        assert [entry["status"] for entry in await entries(http)] == ["active", "active", "disabled"]
        await http.patch(f"{KEYS}/{first['keyId']}/status", json={"status": "disabled"})
        assert [entry["status"] for entry in await entries(http)] == ["active", "disabled", "disabled"]
        assert (await http.patch(path, json={"status": "error"})).status_code == 400
        nobody = await http.patch(f"{KEYS}/nobody/status", json={"status": "active"})
        assert outcome(nobody) == (404, "unknown_key")
        configured = await http.patch(f"{KEYS}/settings-mine/status", json={"status": "disabled"})
        assert outcome(configured) == (409, "configured_key")


async def test_a_key_is_named() -> None:
    async with Plane().serving() as http:
        await http.post(KEYS, json=body("a"))
        (entry,) = await entries(http)
        path = f"{KEYS}/{entry['id']}/label"
        assert (await http.patch(path, json={"label": "work"})).json() == {"success": True}
        assert [each["label"] for each in await entries(http)] == ["work"]
        await http.patch(path, json={"label": None})
        assert [each["label"] for each in await entries(http)] == [None]
        for wrong in ({}, {"label": 5}, {"label": "x" * 65}):
            assert (await http.patch(path, json=wrong)).status_code == 400
        assert outcome(await http.patch(f"{KEYS}/nobody/label", json={"label": "x"})) == (404, "unknown_key")


async def test_keys_are_removed_with_their_last_entry() -> None:
    async with Plane().serving() as http:
        await http.post(KEYS, json=body("a", "b"))
        await http.post(KEYS, json=body("m", apiKey="another-secret"))
        first, second, third = await entries(http)
        assert (await http.delete(f"{KEYS}/{first['id']}")).json() == {"success": True}
        assert outcome(await http.delete(f"{KEYS}/{first['id']}")) == (404, "unknown_key")
        told = await http.post(f"{KEYS}/batch-delete", json={"ids": [second["id"], third["keyId"], "nobody"]})
        assert told.json() == {"success": True, "deleted": 2, "notFound": ["nobody"]}
        assert await entries(http) == []
        wrongs: list[dict[str, Any]] = [{}, {"ids": []}, {"ids": "x"}, {"ids": [""]}]
        for wrong in wrongs:
            assert (await http.post(f"{KEYS}/batch-delete", json=wrong)).status_code == 400


async def test_what_cannot_be_kept_is_a_503() -> None:
    plane = Plane()
    plane.stage.store.broken = True
    async with plane.serving() as http:
        assert outcome(await http.post(KEYS, json=body("a"))) == (503, "store_unusable")
