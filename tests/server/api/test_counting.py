"""A counting endpoint on its own: the answer, its headers, and what is refused."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.tools import FunctionTool, HostedTool, Tool
from codex_proxy.operations.token_count import TokenCounting
from codex_proxy.protocols.base import ParsedRequest
from codex_proxy.protocols.openai_responses.counting import encode_count, parse_count_request
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.server.api.counting import CountEndpoint, CountParts, CountWords
from codex_proxy.server.api.inference import FailureEncoder
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.usage.counting.plan import Passage


def parse_with_loss(body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
    """A dialect that drops a field."""
    parsed = parse_count_request(body, headers=headers)
    dropped = ("truncation",) if b"truncation" in body else ()
    return ParsedRequest(
        request=parsed.request, notes=tuple(Note(path=path, verdict=Verdict.DROPPED) for path in dropped)
    )


class Counter:
    """Knows one answer."""

    def __init__(self, count: int | None) -> None:
        self._count = count

    async def count(self, passages: Sequence[Passage]) -> Sequence[int | None]:
        return [self._count for _ in passages]


class Caller:
    """One request over bare ASGI."""

    def __init__(
        self, count: int | None = 100, *, counted_field: str = "input_tokens", tools: tuple[Tool, ...] = ()
    ) -> None:
        self.running = RunningExchanges()
        words = CountWords(
            parse=parse_with_loss,
            encode=encode_count,
            encode_failure=FailureEncoder(ResponsesServer()),
            counted_field=counted_field,
        )
        parts = CountParts(
            counting=TokenCounting(Counter(count)),
            running=self.running,
            max_body_bytes=lambda: 1000,
            default_tools=lambda key_id: tools if key_id == "" else (),
        )
        self._endpoint = CountEndpoint(words, parts)

    async def ask(self, body: bytes | dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._endpoint(
            Incoming(
                method="POST",
                path="/v1/responses/input_tokens",
                query="",
                headers={},
                request_id="req",
                common_headers={"x-request-id": "req"},
                receive=receive,
                send=send,
            )
        )
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, json.loads(b"".join(part["body"] for part in sent[1:]))


async def test_the_owners_tools_count_with_the_request() -> None:
    _, _, plain = await Caller().ask({"model": "m", "input": "x"})
    tools = (HostedTool(kind="web_search"), FunctionTool(name="lookup"))
    _, headers, told = await Caller(tools=tools).ask({"model": "m", "input": "x"})
    assert told["input_tokens"] > plain["input_tokens"]
    assert "tools;invented" in headers["x-codex-proxy-notes"]
    assert (await Caller(tools=tools).ask({"model": "m", "input": "x", "tool_choice": "none"}))[2] == plain


async def test_the_count_comes_marked_as_an_estimate() -> None:
    status, headers, body = await Caller(100).ask({"input": "hi", "truncation": "auto"})
    assert (status, body["input_tokens"]) == (200, 109)
    assert headers["x-codex-proxy-notes"] == "input_tokens;approximated, truncation;dropped"
    assert headers["x-request-id"] == "req"


async def test_text_that_could_not_be_counted_is_told() -> None:
    _, headers, body = await Caller(None).ask({"input": "x" * 360})
    assert body["input_tokens"] == 109
    assert headers["x-codex-proxy-notes"] == "input_tokens.text;approximated, input_tokens;approximated"


async def test_the_note_names_the_dialects_own_field() -> None:
    _, headers, _ = await Caller(counted_field="totalTokens").ask({"input": "hi"})
    assert headers["x-codex-proxy-notes"] == "totalTokens;approximated"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        ({"previous_response_id": "r"}, 400, "previous_response_not_found"),
        ({"input": "x" * 2000}, 413, "request_too_large"),
    ],
)
async def test_a_bad_body_is_refused_in_the_dialects_words(body: Any, status: int, code: str) -> None:
    refused, headers, told = await Caller().ask(body)
    assert (refused, told["error"]["code"]) == (status, code)
    assert "x-codex-proxy-notes" not in headers


async def test_while_stopping_nothing_is_counted() -> None:
    caller = Caller()
    await caller.running.drain(0.01)
    status, headers, body = await caller.ask({"input": "hi"})
    assert (status, body["error"]["code"], headers["retry-after"]) == (503, "stopping", "5")
