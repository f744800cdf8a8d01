"""Endpoints that vendors have and accounts have not."""

import asyncio
import json
from typing import Any

import pytest

from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.server.api.inference import FailureEncoder
from codex_proxy.server.asgi import ClientGone
from codex_proxy.server.body import read_body
from codex_proxy.server.incoming import Endpoint, Incoming
from codex_proxy.server.raw.endpoints import Spoken, VendorEndpoint, VendorEndpointParts, VendorsFirst
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, Stall
from codex_proxy.vendors.profile import RawEndpoint
from tests.gateway.raw.test_relay import ANSWER, RawScene, answer, embedding_key
from tests.gateway.scene import refusing


class Own:
    """The accounts' endpoint: says what it was asked."""

    async def __call__(self, incoming: Incoming) -> None:
        body = await read_body(incoming.receive, incoming.headers, limit_bytes=1000)
        await incoming.reply(WireReply(status=200, body=b"own:" + body))


class Stage:
    """One endpoint over bare ASGI."""

    def __init__(self, scene: RawScene, *, default_model: str = "") -> None:
        self.running = RunningExchanges()
        parts = VendorEndpointParts(
            gateway=scene.gateway,
            running=self.running,
            encode_failure=FailureEncoder(ChatServer()),
            max_body_bytes=lambda: 1000,
        )
        spoken = Spoken(endpoint=RawEndpoint.EMBEDDINGS, dialect="openai_embeddings", default_model=default_model)
        self.vendor = VendorEndpoint(spoken, parts)
        self.first = VendorsFirst(self.vendor, Own(), parts)

    async def ask(
        self, body: bytes | dict[str, Any], endpoint: Endpoint | None = None, *, leaves: bool = False
    ) -> tuple[int, dict[str, str], bytes]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        waiting = [{"type": "http.request", "body": raw, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> Any:
            if waiting:
                return waiting.pop()
            return {"type": "http.disconnect"} if leaves else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        incoming = Incoming(
            method="POST",
            path="/v1/embeddings",
            query="",
            headers={"content-type": "application/json", "content-length": str(len(raw))},
            request_id="req",
            common_headers={"x-request-id": "req"},
            receive=receive,
            send=send,
        )
        await (endpoint or self.vendor)(incoming)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


async def test_the_vendors_answer_is_handed_on() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(answer())
    status, headers, body = await Stage(scene).ask({"model": "mine", "input": "hi"})
    assert (status, headers["content-type"], headers["x-request-id"], body) == (200, "application/json", "req", ANSWER)


async def test_a_body_without_a_model_gets_the_endpoints_own_or_is_refused() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(answer())
    assert (await Stage(scene, default_model="embed-1").ask({"input": "hi"}))[0] == 200
    status, _, body = await Stage(scene).ask({"input": "hi"})
    assert (status, json.loads(body)["error"]["param"]) == (400, "model")


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"x" * 1001, 413), ({"model": "nobodys"}, 404)])
async def test_what_cannot_be_asked_is_refused_in_openais_words(body: Any, status: int) -> None:
    told, _, reply = await Stage(RawScene(embedding_key("k"))).ask(body)
    assert told == status
    assert set(json.loads(reply)["error"]) == {"message", "type", "code", "param"}


async def test_the_vendors_refusal_keeps_its_status() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(refusing(402, {"error": {"message": "pay"}}))
    status, _, body = await Stage(scene).ask({"model": "embed-1"})
    assert (status, json.loads(body)["error"]["message"]) == (402, "pay")


async def test_an_answer_that_breaks_off_closes_the_connection() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(ScriptedReply(body=(Piece(b"{"), Break())))
    with pytest.raises(ClientGone):
        await Stage(scene).ask({"model": "embed-1"})


async def test_a_client_that_leaves_ends_the_call() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(ScriptedReply(body=(Piece(b"{"), Stall())))
    stage = Stage(scene)
    with pytest.raises(ClientGone):
        await stage.ask({"model": "embed-1"}, leaves=True)
    assert (len(stage.running), len(scene.transport.cancelled)) == (0, 1)


async def test_while_the_gateway_stops_nobody_new_is_served() -> None:
    stage = Stage(RawScene(embedding_key("k")))
    await stage.running.drain(0)
    assert (await stage.ask({"model": "embed-1"}))[0] == 503


async def test_of_a_path_that_accounts_serve_too_vendors_get_their_own_models() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(answer())
    stage = Stage(scene)
    assert (await stage.ask({"model": "mine"}, stage.first))[2] == ANSWER
    for body in ({"model": "gpt-5.4", "prompt": "p"}, {"prompt": "p"}, {"model": 7}):
        assert (await stage.ask(body, stage.first))[2] == b"own:" + json.dumps(body).encode()
    assert (await stage.ask(b"x" * 1001, stage.first))[0] == 413
