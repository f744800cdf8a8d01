"""The owner moves keys in and out."""

import pytest

from codex_proxy.operations.vendor_keys.transfer import MOST_BYTES
from codex_proxy.server.admin.vendor_keys.files import FORMS
from tests.operations.vendor_keys.test_book import CONFIGURED
from tests.operations.vendor_keys.test_transfer import YAML
from tests.server.admin.accounts.plane import BOSS, outcome
from tests.server.admin.vendor_keys.plane import KEYS, Plane, body, entries
from tests.vendors.samples import SECRET


async def test_an_export_has_the_keys_and_is_stored_nowhere() -> None:
    plane, other = Plane(CONFIGURED), Plane()
    async with plane.serving() as http:
        await http.post(KEYS, json=body("a", "embed", label="mine"))
        reply = await http.get(f"{KEYS}/export")
    assert reply.headers["cache-control"] == "no-store"
    assert "codex-proxy-vendor-keys.json" in reply.headers["content-disposition"]
    shared = {"provider": "openai", "apiKey": SECRET, "baseUrl": "https://api.example/v1", "label": "mine"}
    assert reply.json() == {
        "keys": [
            shared | {"models": ["a"], "capabilities": ["chat"], "wire": "chat"},
            shared | {"models": ["embed"], "capabilities": ["embeddings"], "wire": "chat"},
        ]
    }
    async with other.serving() as http:
        told = await http.post(f"{KEYS}/import", json=reply.json())
        assert told.json() == {"success": True, "added": 2, "updated": 0, "failed": 0, "errors": []}
        assert [entry["model"] for entry in await entries(http)] == ["a", "embed"]
        again = await http.post(f"{KEYS}/import", json=reply.json()["keys"])
        assert (again.json()["added"], again.json()["updated"]) == (0, 2)


async def test_rows_that_are_none_are_told_and_hold_up_no_other_one() -> None:
    async with Plane().serving() as http:
        told = (await http.post(f"{KEYS}/import", json={"keys": [body("a"), body("b", provider="acme"), 5]})).json()
        assert (told["added"], told["failed"]) == (1, 2)
        assert told["errors"][1] == "key 3: entry: Expected `object`, got `int`"


@pytest.mark.parametrize("media_type", [form for form in FORMS if "yaml" in form])
async def test_yaml_comes_with_the_key_in_a_bearer_header(media_type: str) -> None:
    async with Plane().serving() as http:
        told = await http.post(f"{KEYS}/import", content=YAML, headers={"content-type": media_type})
        assert (told.json()["added"], told.json()["failed"]) == (2, 1)
        http.headers.pop("authorization")
        otherwise = {"x-api-key": "boss", "content-type": media_type}
        refused = await http.post(f"{KEYS}/import", content=YAML, headers=otherwise)
        assert outcome(refused) == (403, "bearer_key_required")


async def test_an_export_wants_the_key_in_a_bearer_header() -> None:
    async with Plane().serving() as http:
        http.headers.pop("authorization")
        assert outcome(await http.get(f"{KEYS}/export", headers={"x-api-key": "boss"})) == (403, "bearer_key_required")


async def test_what_is_no_such_file_is_refused() -> None:
    async with Plane().serving() as http:
        json = {"content-type": "application/json"}
        assert outcome(await http.post(f"{KEYS}/import", content=b"{", headers=json)) == (400, "unreadable_import")
        assert (await http.post(f"{KEYS}/import", content=b" " * (MOST_BYTES + 1), headers=json)).status_code == 413
        plain = await http.post(f"{KEYS}/import", content=b"x", headers=BOSS | {"content-type": "text/plain"})
        assert plain.status_code == 415
        rows = b"[" + b"1," * 5000 + b"1]"
        assert outcome(await http.post(f"{KEYS}/import", content=rows, headers=json)) == (413, "too_large")
