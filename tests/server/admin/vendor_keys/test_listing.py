"""The owner looks at vendors, keys and lists of models."""

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.transports.scripted import ScriptedReply
from tests.operations.vendor_keys.stage import replied
from tests.operations.vendor_keys.test_book import CONFIGURED
from tests.server.admin.accounts.plane import outcome
from tests.server.admin.vendor_keys.plane import KEYS, Plane, body, entries
from tests.vendors.samples import SECRET, failure

LIST = b'{"data":[{"id":"gpt"},{"id":"text-embedding"}]}'


async def test_the_catalogue_names_vendors_and_the_models_to_offer() -> None:
    plane = Plane()
    plane.stage.transport.add(replied(LIST))
    async with plane.serving() as http:
        await http.post(f"{KEYS}/models", json={"provider": "openai", "apiKey": SECRET})
        catalogue = (await http.get(f"{KEYS}/catalog")).json()["catalog"]
    assert list(catalogue) == ["openai", "gemini", "local", "custom"]
    assert catalogue["openai"] == {
        "displayName": "OpenAI",
        "defaultBaseUrl": "https://api.example/v1",
        "baseUrlForm": None,
        "wires": ["chat", "responses"],
        "capabilities": ["chat", "embeddings"],
        "isLocal": False,
        "models": [
            {"id": "embed", "displayName": "Embedder", "capabilities": ["embeddings"]},
            {"id": "gpt", "displayName": "gpt", "capabilities": ["chat"]},
            {"id": "text-embedding", "displayName": "text-embedding", "capabilities": ["embeddings"]},
        ],
    }
    assert catalogue["custom"]["defaultBaseUrl"] is None


async def test_keys_are_listed_by_model_and_masked() -> None:
    plane = Plane(CONFIGURED)
    plane.notices = ("api-keys.json cannot be read",)
    async with plane.serving() as http:
        await http.post(KEYS, json=body("a", "b", label="mine"))
        key = plane.stage.book.all_keys()[1]
        plane.stage.book.pool.settle(key.row_id, failure(FailureKind.RATE_LIMITED), plane.stage.clock.now())
        reply = await http.get(KEYS)
    told = reply.json()
    assert SECRET not in reply.text
    assert told["persistence_health"]["ok"] is True
    assert told["notices"] == ["api-keys.json cannot be read"]
    configured, first, second = told["keys"]
    assert (configured["name"], configured["source"], configured["addedAt"]) == ("mine", "settings", None)
    assert first == {
        "id": f"{key.row_id}.ca978112",
        "provider": "openai",
        "model": "a",
        "apiKey": "sk-v****cdef",
        "baseUrl": "https://api.example/v1",
        "label": "mine",
        "capabilities": ["chat"],
        "wire": "chat",
        "status": "active",
        "addedAt": "1970-01-01T00:16:40.000Z",
        "lastUsedAt": None,
        "keyId": key.row_id,
        "displayName": "a",
        "reason": "rate_limited: so it is",
        "coolingUntil": "1970-01-01T00:16:45.000Z",
        "allowPrivate": False,
        "source": "store",
        "name": None,
    }
    assert (second["model"], second["keyId"]) == ("b", key.row_id)


async def test_models_are_asked_of_the_vendor() -> None:
    plane = Plane()
    plane.stage.transport.add(replied(LIST), replied(LIST), replied(LIST))
    async with plane.serving() as http:
        reply = await http.post(f"{KEYS}/models", json={"provider": "openai", "apiKey": SECRET})
        assert reply.json() == {
            "models": [
                {"id": "gpt", "displayName": "gpt", "capabilities": ["chat"]},
                {"id": "text-embedding", "displayName": "text-embedding", "capabilities": ["embeddings"]},
            ]
        }
        again = await http.post(f"{KEYS}/models", json={"provider": "openai", "apiKey": SECRET, "fresh": True})
        assert again.json() == reply.json()
        await http.post(KEYS, json=body("a"))
        (entry,) = await entries(http)
        kept = await http.post(f"{KEYS}/{entry['id']}/models")
        fresh = await http.post(f"{KEYS}/{entry['keyId']}/models", json={"fresh": True})
        assert kept.json() == fresh.json() == reply.json()
        assert outcome(await http.post(f"{KEYS}/nobody/models")) == (404, "unknown_key")
    assert len(plane.stage.transport.calls) == 3


async def test_a_list_that_cannot_be_had_is_told() -> None:
    plane = Plane()
    guarded = Failure(kind=FailureKind.UNREACHABLE, message="it leads to a private address")
    plane.stage.transport.add(
        replied(b'{"error":{"message":"bad key"}}', 401), replied(b"", 500), ScriptedReply(refused=guarded)
    )
    asked = {"provider": "openai", "apiKey": SECRET}
    async with plane.serving() as http:
        assert outcome(await http.post(f"{KEYS}/models", json=asked)) == (401, "vendor_unauthorized")
        assert outcome(await http.post(f"{KEYS}/models", json=asked)) == (502, "vendor_upstream_error")
        refused = await http.post(f"{KEYS}/models", json=asked)
        assert outcome(refused) == (502, "vendor_unreachable")
        assert refused.json()["error"] == "openai gave no list of models: it leads to a private address"
        for wrong in ({}, {"provider": "acme"}, {"provider": "openai"}, asked | {"baseUrl": "http://127.0.0.1/v1"}):
            assert (await http.post(f"{KEYS}/models", json=wrong)).status_code == 400
