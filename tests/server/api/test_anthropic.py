"""Anthropic's endpoints beside the messages themselves."""

from typing import Any

import msgspec

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.api.anthropic import (
    AnthropicClientsFirst,
    AnthropicModelsEndpoint,
    NotServedEndpoint,
    ProbeEndpoint,
    TelemetrySink,
    WithRequestId,
)
from codex_proxy.server.asgi import Message
from codex_proxy.server.incoming import Endpoint, Incoming

MODELS = (ModelFacts(slug="gpt-5.4"), ModelFacts(slug="claude-x"), ModelFacts(slug="team/gpt"))
LISTED = AnthropicModelsEndpoint(AnthropicServer(), lambda _: MODELS)


async def ask(
    endpoint: Endpoint, path: str = "/v1/models", query: str = "", *, method: str = "GET", **headers: str
) -> tuple[int, Any]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    told = {name.replace("_", "-"): value for name, value in headers.items()}
    incoming = Incoming(
        method=method, path=path, query=query, headers=told, request_id="req_1", receive=receive, send=send
    )
    await endpoint(incoming)
    body = sent[1]["body"]
    return sent[0]["status"], msgspec.json.decode(body) if body else None


async def test_a_page_of_the_list() -> None:
    status, told = await ask(LISTED, query="limit=1&after_id=claude-x")
    assert (status, [row["id"] for row in told["data"]], told["has_more"]) == (200, ["gpt-5.4"], True)


async def test_a_page_that_cannot_be() -> None:
    status, told = await ask(LISTED, query="limit=many")
    assert (status, told["error"]["type"]) == (400, "invalid_request_error")


async def test_one_model_and_none() -> None:
    assert (await ask(LISTED, "/v1/models/team%2Fgpt"))[1]["id"] == "team/gpt"
    status, told = await ask(LISTED, "/v1/models/nobody")
    assert (status, told["error"]["type"], told["request_id"]) == (404, "not_found_error", "req_1")


async def test_who_says_a_version_speaks_this_dialect() -> None:
    class Other:
        async def __call__(self, incoming: Incoming) -> None:
            await incoming.reply(WireReply(status=200, body=b'"other"'))

    first = AnthropicClientsFirst(anthropic=LISTED, others=Other())
    assert (await ask(first))[1] == "other"
    assert (await ask(first, anthropic_version="2099-01-01"))[1]["data"]


async def test_what_is_not_served() -> None:
    status, told = await ask(NotServedEndpoint(AnthropicServer()), "/v1/messages/batches", method="POST")
    assert (status, told["error"]) == (
        404,
        {"type": "not_found_error", "message": "/v1/messages/batches is not served here"},
    )


async def test_telemetry_is_taken_and_dropped_and_probes_are_answered() -> None:
    assert await ask(TelemetrySink(), "/api/event_logging/batch", method="POST") == (200, {})
    assert await ask(ProbeEndpoint(), "/api/hello", method="HEAD") == (200, None)


async def test_every_answer_names_its_request() -> None:
    seen: list[Incoming] = []

    class Inner:
        async def __call__(self, incoming: Incoming) -> None:
            seen.append(incoming)
            await incoming.reply(WireReply(status=200, body=b""))

    await ask(WithRequestId(Inner()), "/v1/messages", method="POST")
    assert seen[0].common_headers["request-id"] == "req_1"
