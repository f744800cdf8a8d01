"""The inference endpoint on its own: what it refuses before a gateway is asked, and the headers of answers."""

import asyncio
import json
from typing import Any

from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.gateway.ports import Accepted
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.server.api.inference import AnswerFacts, FailureEncoder, InferenceEndpoint, InferenceParts
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.server.streaming import Pace
from tests.gateway.scene import Scene, answering, refusing

MESSAGES = [{"role": "user", "content": "hi"}]


class Caller:
    """One request over bare ASGI."""

    def __init__(self, scene: Scene, *, max_body_bytes: int = 10_000) -> None:
        self.running = RunningExchanges()
        parts = InferenceParts(
            gateway=scene.gateway,
            running=self.running,
            clock=SystemClock(),
            ids=RandomIds(),
            pace=Pace,
            max_body_bytes=lambda: max_body_bytes,
        )
        self.endpoint = InferenceEndpoint(ChatServer(), parts)
        self.sent: list[Any] = []

    async def ask(
        self, body: bytes | dict[str, Any], *, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        waiting = [{"type": "http.request", "body": raw, "more_body": False}]

        async def receive() -> Any:
            if waiting:
                return waiting.pop()
            return await asyncio.Event().wait()

        async def send(message: Any) -> None:
            self.sent.append(message)

        incoming = Incoming(
            method="POST",
            path="/v1/chat/completions",
            query="",
            headers=headers or {},
            request_id="req",
            common_headers={"x-request-id": "req"},
            receive=receive,
            send=send,
        )
        await self.endpoint(incoming)
        start, *parts = self.sent
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], told, b"".join(part["body"] for part in parts)


async def test_a_whole_answer_tells_who_served() -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    status, headers, body = await Caller(scene).ask({"model": "gpt-5.4", "messages": MESSAGES, "seed": 1})
    assert status == 200
    assert json.loads(body)["choices"][0]["message"]["content"] == "hello"
    assert headers["x-codex-proxy-model"] == "gpt-5.4"
    assert len(headers["x-codex-proxy-account"]) == 12
    assert "seed" in headers["x-codex-proxy-notes"]


async def test_a_stream_has_its_headers_and_its_end() -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    status, headers, body = await Caller(scene).ask({"model": "gpt-5.4", "messages": MESSAGES, "stream": True})
    assert status == 200
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["x-codex-proxy-model"] == "gpt-5.4"
    assert body.endswith(b"data: [DONE]\n\n")


async def test_a_failure_before_content_is_an_http_error_for_streams_too() -> None:
    scene = Scene(accounts="a")
    scene.transport.add(refusing(429, {"error": {"type": "usage_limit_reached", "message": "used up"}}))
    status, _, body = await Caller(scene).ask({"model": "gpt-5.4", "messages": MESSAGES, "stream": True})
    assert (status, json.loads(body)["error"]["message"]) == (429, "used up")


async def test_a_body_over_the_limit_is_refused_and_the_connection_closed() -> None:
    caller = Caller(Scene(), max_body_bytes=10)
    status, headers, _ = await caller.ask({"model": "gpt-5.4", "messages": MESSAGES}, headers={"content-length": "11"})
    assert (status, headers["connection"]) == (413, "close")


async def test_a_wrong_field_is_named() -> None:
    status, _, body = await Caller(Scene()).ask({"model": "gpt-5.4", "messages": 7})
    assert (status, json.loads(body)["error"]["param"]) == (400, "messages")


async def test_while_stopping_nothing_new_is_taken() -> None:
    caller = Caller(Scene())
    await caller.running.drain(0.01)
    status, headers, body = await caller.ask({"model": "gpt-5.4", "messages": MESSAGES})
    assert (status, json.loads(body)["error"]["code"]) == (503, "stopping")
    assert headers["retry-after"] == "5"


def test_facts_are_headers_once_they_are_known() -> None:
    facts = AnswerFacts({"x-request-id": "req"})
    assert facts.headers() == {"x-request-id": "req"}
    notes = (Note(path="seed", verdict=Verdict.DROPPED, weight=Weight.COSMETIC),)
    facts.accepted(Accepted(model="m", account_row_id="a", notes=notes, relay=(("openai-model", "m"),)))
    assert facts.headers()["openai-model"] == "m"
    assert facts.headers()["x-codex-proxy-notes"] == "seed;dropped"


def test_an_answer_of_a_vendor_names_it_and_no_account() -> None:
    facts = AnswerFacts({})
    facts.accepted(Accepted(model="m", account_row_id="key-row", vendor="acme"))
    assert facts.headers() == {"x-codex-proxy-model": "m", "x-codex-proxy-vendor": "acme"}


def test_an_answer_that_no_account_gave_names_none() -> None:
    facts = AnswerFacts({})
    facts.accepted(Accepted(model="m", account_row_id=None))
    assert facts.headers() == {"x-codex-proxy-model": "m"}


def test_failures_of_no_endpoint_have_one_dialects_words() -> None:
    reply = FailureEncoder(ChatServer())(Failure(kind=FailureKind.UNKNOWN_PATH, message="m"), "req")
    assert (reply.status, json.loads(reply.body)["error"]["code"]) == (404, "unknown_url")
