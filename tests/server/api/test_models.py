"""Model lists in the shape the caller reads."""

import msgspec

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.api.models import ModelsEndpoint, codex_catalogue, openai_list
from codex_proxy.server.asgi import Message
from codex_proxy.server.incoming import Incoming

MODELS = (
    ModelFacts(slug="gpt-5.4", efforts=("low", "high"), context_window=272_000),
    ModelFacts(slug="team/hidden", visible=False, raw={"slug": "team/hidden", "new_field": 1}),
)


def test_hidden_models_are_not_listed_and_unknown_figures_not_invented() -> None:
    body = msgspec.json.decode(openai_list(MODELS).body)
    assert [row["id"] for row in body["data"]] == ["gpt-5.4"]
    assert body["data"][0]["context_window"] == 272_000
    assert "max_output_tokens" not in body["data"][0]


def test_the_catalogue_keeps_what_the_backend_said_and_has_an_etag() -> None:
    answer = codex_catalogue(MODELS)
    body = msgspec.json.decode(answer.body)
    assert body["models"][1] == {"slug": "team/hidden", "new_field": 1}
    assert body["models"][0]["supported_reasoning_levels"][0]["effort"] == "low"
    assert dict(answer.headers)["etag"] == dict(codex_catalogue(MODELS).headers)["etag"]


async def ask(path: str, query: str = "") -> tuple[int, object]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    def encode_failure(failure: Failure, request_id: str) -> WireReply:
        return WireReply(status=404, body=msgspec.json.encode({"message": failure.message}))

    incoming = Incoming(
        method="GET", path=path, query=query, headers={}, request_id="req_1",
        receive=receive, send=send,
    )  # fmt: skip
    await ModelsEndpoint(list_models=lambda: MODELS, encode_failure=encode_failure)(incoming)
    return sent[0]["status"], msgspec.json.decode(sent[1]["body"])


async def test_one_model_is_found_by_its_id_even_with_a_slash() -> None:
    status, body = await ask("/v1/models/team%2Fhidden")
    assert status == 200
    assert isinstance(body, dict)
    assert body["id"] == "team/hidden"


async def test_an_unknown_model_is_named() -> None:
    status, body = await ask("/v1/models/gpt-9")
    assert status == 404
    assert "gpt-9" in str(body)


async def test_a_codex_client_gets_the_catalogue() -> None:
    _, body = await ask("/v1/models", "client_version=0.169.0")
    assert isinstance(body, dict)
    assert set(body) == {"models"}
