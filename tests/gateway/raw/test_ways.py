"""How a raw request is put to a vendor key."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.raw.question import RawQuestion
from codex_proxy.gateway.raw.ways import Way, way_to
from codex_proxy.protocols.base import EmbeddingClient
from codex_proxy.protocols.gemini.embedding import GeminiEmbeddingClient
from codex_proxy.protocols.parts.openai.embeddings import OpenAiEmbeddingClient, OpenAiEmbeddingServer
from codex_proxy.vendors.profile import RawEndpoint, VendorProfile, Wire, parse_profile

CLIENTS: dict[RawEndpoint, EmbeddingClient] = {
    RawEndpoint.EMBEDDINGS: OpenAiEmbeddingClient(),
    RawEndpoint.BATCH_EMBED_CONTENTS: GeminiEmbeddingClient(),
}
BODY = b'{"model":"mine","input":"a",  "user":"me"}'


def profile(paths: dict[str, str]) -> VendorProfile:
    entry = {
        "base_url": "https://vendor.invalid",
        "wires": [{"wire": "chat"}],
        "capabilities": ["chat", "embeddings", "speech"],
        "paths": paths,
    }
    return parse_profile("acme", entry)


OPENAI = profile({"embeddings": "/embeddings"})
GEMINI = profile({"batch_embed_contents": "/models/{model}:batchEmbedContents"})


def question(**changes: Any) -> RawQuestion:
    told: dict[str, Any] = {
        "endpoint": RawEndpoint.EMBEDDINGS,
        "model": "mine",
        "body": BODY,
        "content_type": "application/json; charset=utf-8",
        "request_id": "req",
        "client_key_id": "key",
        "dialect": "openai_embeddings",
        "server": OpenAiEmbeddingServer(),
    }
    return RawQuestion(**told | changes)


def way(to: VendorProfile, **changes: Any) -> Way:
    found = way_to(to, Wire.CHAT, question(**changes), model="theirs", clients=CLIENTS)
    assert isinstance(found, Way)
    return found


def refusal(to: VendorProfile, **changes: Any) -> Failure:
    found = way_to(to, Wire.CHAT, question(**changes), model="theirs", clients=CLIENTS)
    assert isinstance(found, Failure)
    return found


def test_a_vendor_of_the_clients_words_gets_the_clients_bytes() -> None:
    found = way(OPENAI)
    assert (found.path, found.translation) == ("/embeddings", None)
    assert (found.bodies, found.content_type) == (
        (BODY.replace(b"mine", b"theirs"),),
        "application/json; charset=utf-8",
    )


def test_a_vendor_of_other_words_is_asked_in_its_own() -> None:
    found = way(GEMINI)
    assert (found.path, found.content_type) == ("/models/theirs:batchEmbedContents", "application/json")
    assert json.loads(found.bodies[0])["requests"][0]["model"] == "models/theirs"
    assert found.translation is not None
    told = found.translation.told([b'{"embeddings":[{"values":[0.5]}],"usageMetadata":{"promptTokenCount":3}}'])
    assert not isinstance(told, Failure)
    answer, tokens = told
    assert (json.loads(answer)["model"], json.loads(answer)["data"][0]["embedding"], tokens) == ("mine", [0.5], 3)


def test_words_that_no_vendor_has_are_never_passed() -> None:
    assert way(OPENAI, passable=False).translation is not None


@pytest.mark.parametrize("answer", [b"{}", b'{"embeddings":[]}', b'{"embeddings":[{"values":[1]},{"values":[2]}]}'])
def test_an_answer_with_other_vectors_than_were_asked_for_is_none(answer: bytes) -> None:
    translation = way(GEMINI).translation
    assert translation is not None
    told = translation.told([answer])
    assert isinstance(told, Failure)
    assert told.kind is FailureKind.GARBLED


def test_where_there_is_no_way_the_reason_is_told() -> None:
    assert refusal(GEMINI, body=b'{"input": [1, 2]}').param == "input"
    assert refusal(GEMINI, body=b'{"input": 7}').kind is FailureKind.INVALID_REQUEST
    assert refusal(profile({"speech": "/speech"})).kind is FailureKind.UNKNOWN_PATH
    assert refusal(GEMINI, endpoint=RawEndpoint.SPEECH, server=None).message == "acme offers no speech"
