"""Model lists in the shape the caller reads."""

from typing import Any

import msgspec
import pytest

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.api.models import CatalogueEndpoint, ModelsEndpoint, catalogue_entry
from codex_proxy.server.asgi import Message
from codex_proxy.server.incoming import Endpoint, Incoming
from codex_proxy.server.security import Caller

MODELS = (
    ModelFacts(slug="gpt-5.4", efforts=("low", "high"), context_window=272_000),
    ModelFacts(slug="team/hidden:x", visible=False, raw={"slug": "team/hidden:x", "new_field": 1}),
    ModelFacts(slug="odd/info"),
)
BACKENDS = ModelFacts(
    slug="gpt-5.5",
    display_name="GPT",
    description="strong",
    efforts=("low", "high"),
    default_effort="low",
    service_tiers=("priority",),
    context_window=272_000,
    max_context_window=300_000,
    max_output_tokens=128_000,
    raw={
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "supported_reasoning_levels": [{"effort": "low", "description": "quick"}, "odd"],
    },
)


def shown(key_id: str) -> tuple[ModelFacts, ...]:
    return MODELS[:1] if key_id == "guest" else MODELS


def models_endpoint() -> ModelsEndpoint:
    def encode_failure(failure: Failure, request_id: str) -> WireReply:
        return WireReply(status=404, body=msgspec.json.encode({"message": failure.message}))

    return ModelsEndpoint(shown_models=shown, default_slug=lambda: "gpt-5.4", encode_failure=encode_failure)


async def ask(
    path: str,
    query: str = "",
    *,
    key_id: str = "owner",
    headers: dict[str, str] | None = None,
    endpoint: Endpoint | None = None,
) -> tuple[int, Any, dict[str, str]]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    incoming = Incoming(
        method="GET",
        path=path,
        query=query,
        headers=headers or {},
        request_id="req_1",
        receive=receive,
        send=send,
        caller=Caller(key_id=key_id, scopes=frozenset({"inference"})),
    )
    await (endpoint or models_endpoint())(incoming)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = sent[1]["body"]
    return sent[0]["status"], msgspec.json.decode(body) if body else None, told


async def test_the_list_is_openais_unless_a_codex_client_asks() -> None:
    _, body, _ = await ask("/v1/models")
    assert [row["id"] for row in body["data"]] == ["gpt-5.4", "odd/info"]
    status, catalogue, headers = await ask("/v1/models", "client_version=0.169.0")
    assert (status, set(catalogue)) == (200, {"models"})
    assert [entry["slug"] for entry in catalogue["models"]] == ["gpt-5.4", "team/hidden:x", "odd/info"]
    again, nothing, _ = await ask("/v1/models", "client_version=0.169.0", headers={"if-none-match": headers["etag"]})
    assert (again, nothing) == (304, None)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models/gpt-5.4", "gpt-5.4"),
        ("/v1/models/team%2Fhidden:x", "team/hidden:x"),
        ("/v1/models/team/hidden:x", "team/hidden:x"),
        ("/v1/models/odd/info", "odd/info"),
    ],
)
async def test_one_model_is_found_by_its_id(path: str, model: str) -> None:
    status, body, _ = await ask(path)
    assert (status, body["id"], body["object"]) == (200, model, "model")


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models/gpt-5.4/info", "gpt-5.4"),
        ("/v1/models/team%2Fhidden:x/info", "team/hidden:x"),
        ("/v1/models/odd/info/info", "odd/info"),
    ],
)
async def test_what_is_known_of_a_model(path: str, model: str) -> None:
    status, body, _ = await ask(path)
    assert (status, body["id"], body["isDefault"]) == (200, model, model == "gpt-5.4")


@pytest.mark.parametrize("path", ["/v1/models/gpt-9", "/v1/models/gpt-9/info"])
async def test_an_unknown_model_is_named(path: str) -> None:
    status, body, _ = await ask(path)
    assert (status, "'gpt-9'" in body["message"]) == (404, True)


async def test_a_key_is_shown_what_it_may_use_and_nothing_else() -> None:
    _, listed, _ = await ask("/v1/models", key_id="guest")
    _, catalogue, _ = await ask("/v1/models", "client_version=1", key_id="guest")
    hidden, _, _ = await ask("/v1/models/odd/info", key_id="guest")
    assert [row["id"] for row in listed["data"]] == ["gpt-5.4"]
    assert len(catalogue["models"]) == 1
    assert hidden == 404


async def test_the_catalogue_has_an_entry_for_every_visible_model() -> None:
    endpoint = CatalogueEndpoint(shown_models=shown, default_slug=lambda: "gpt-5.4")
    _, entries, _ = await ask("/v1/models/catalog", endpoint=endpoint)
    assert [(entry["id"], entry["isDefault"]) for entry in entries] == [("gpt-5.4", True), ("odd/info", False)]
    _, entries, _ = await ask("/v1/models/catalog", endpoint=endpoint, key_id="guest")
    assert len(entries) == 1


def test_an_entry_tells_all_that_is_known() -> None:
    assert catalogue_entry(BACKENDS, default_slug=None) == {
        "id": "gpt-5.5",
        "displayName": "GPT",
        "description": "strong",
        "isDefault": False,
        "supportedReasoningEfforts": [
            {"reasoningEffort": "low", "description": "quick"},
            {"reasoningEffort": "high", "description": ""},
        ],
        "defaultReasoningEffort": "low",
        "inputModalities": ["text", "image"],
        "outputModalities": ["text"],
        "serviceTiers": ["priority"],
        "source": "backend",
        "contextWindow": 272_000,
        "maxContextWindow": 300_000,
        "maxOutputTokens": 128_000,
        "truncationPolicyLimit": 10_000,
    }


def test_an_entry_of_little_invents_nothing() -> None:
    entry = catalogue_entry(ModelFacts(slug="mine", alias_of="gpt-5.4"), default_slug="mine")
    assert (entry["source"], entry["aliasOf"], entry["isDefault"]) == ("static", "gpt-5.4", True)
    assert not {"contextWindow", "maxOutputTokens", "truncationPolicyLimit", "defaultReasoningEffort"} & entry.keys()


def test_a_vendors_model_says_whose_it_is_and_what_it_can_do() -> None:
    entry = catalogue_entry(ModelFacts(slug="e", vendor="openai", capabilities=("embeddings",)), default_slug=None)
    assert (entry["source"], entry["vendor"], entry["capabilities"]) == ("vendor", "openai", ["embeddings"])
