"""Calls for a compaction, and their replies."""

from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import CodexHints, Dialect, Reasoning, SessionHints
from codex_proxy.canonical.tools import FunctionTool
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import ClientCodec, UpstreamCall
from codex_proxy.protocols.codex.strictness.body import Ground, check_compact_body
from codex_proxy.protocols.codex.unstreamed.compact import CompactClient
from tests.protocols.codex.parts import request, target

CODEX = SessionHints(codex=CodexHints())
GROUND = Ground(efforts={"gpt-5.4": ("low", "medium", "high")}, is_issued=lambda _: True)
ITEM = {"type": "compaction", "id": "cmp_1", "encrypted_content": "sealed"}
KEPT = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


def call(*, target_changes: dict[str, Any] | None = None, **changes: Any) -> UpstreamCall:
    known = {"dialect": Dialect.OPENAI_RESPONSES} | changes
    return CompactClient().build_call(request(**known), target(**target_changes or {}))


def told(body: object, *, asked: UpstreamCall | None = None) -> list[ev.Event]:
    stream = CompactClient().open_stream(asked or call())
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    assert stream.feed(raw[:7]) + stream.feed(raw[7:]) == []
    return [event for step in stream.end() for event in step.events]


def test_the_body_has_what_the_endpoint_takes_in_the_real_clients_order() -> None:
    tools = (FunctionTool(name="look", parameters={"type": "object", "properties": {}}),)
    asked = call(
        instructions="be brief", tools=tools, reasoning=Reasoning(effort="low"), verbosity="low", service_tier="flex"
    )
    body = msgspec.json.decode(asked.body)
    assert list(body) == ["model", "input", "instructions", "tools", "parallel_tool_calls", "reasoning", "text"]
    assert (asked.method, asked.path) == ("POST", "/codex/responses/compact")
    assert asked.sent_fields == set(body)
    check_compact_body(body, GROUND)


def test_a_tier_is_dropped_and_said_to_be() -> None:
    asked = call(target_changes={"service_tier": "flex"})
    assert "service_tier" in {note.path for note in asked.notes}
    assert "service_tier" not in {note.path for note in call().notes}


def test_the_headers_are_the_real_clients_in_its_order() -> None:
    assert call().headers == (
        ("version", "0.169.0"),
        ("x-codex-installation-id", "installation"),
        ("x-codex-window-id", "thread:0"),
        ("session-id", "session"),
        ("thread-id", "thread"),
        ("authorization", "Bearer secret"),
        ("chatgpt-account-id", "account"),
        ("content-type", "application/json"),
        ("originator", "Codex Desktop"),
        ("user-agent", "Codex Desktop/0.169.0 (Debian 12.0.0; x86_64) xterm (Codex Desktop; 26.1120.10001)"),
        ("accept", "*/*"),
    )
    routed = dict(call(target_changes={"routing_override": "us"}).headers)
    assert routed["x-openai-account-routing-override"] == "us"


def test_a_codex_clients_items_go_as_they_are() -> None:
    asked = call(session=CODEX, extra={"access_programs": {"a": 1}})
    body = msgspec.json.decode(asked.body)
    assert list(body) == ["model", "input", "parallel_tool_calls"]
    assert "client_metadata" not in body


def test_a_reply_is_told_with_the_upstreams_own_object() -> None:
    counted = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}
    events = told({"id": "resp_1", "output": [KEPT, ITEM], "usage": counted})
    response = fold(events)
    assert response.ending == ev.Completed()
    assert response.native is not None
    assert response.native["output"] == [KEPT, ITEM]
    assert response.usage == Usage(input_tokens=9, output_tokens=4)
    assert [event.kind for event in events if isinstance(event, ev.HostedStarted)] == ["compaction"]


def test_counts_that_nobody_told_are_estimated_by_size_and_marked_so() -> None:
    asked = call()
    usage = fold(told({"output": [ITEM]}, asked=asked)).usage
    assert usage is not None
    assert usage.estimated
    assert usage.input_tokens == -int(-len(asked.body) // 3.6)
    assert usage.output_tokens == -int(-len(msgspec.json.encode([ITEM])) // 3.6)


def test_names_that_were_changed_for_the_upstream_are_changed_back() -> None:
    long = "look_" * 20
    asked = call(tools=(FunctionTool(name=long, parameters={"type": "object", "properties": {}}),))
    (sent,) = msgspec.json.decode(asked.body)["tools"]
    item = {"type": "function_call", "name": sent["name"], "call_id": "c", "arguments": "{}"}
    native = fold(told({"output": [item, ITEM]}, asked=asked)).native
    assert sent["name"] != long
    assert native is not None
    assert native["output"][0]["name"] == long


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", FailureKind.GARBLED),
        (b"\xff\xfe", FailureKind.GARBLED),
        ([], FailureKind.GARBLED),
        ({"output": "seven"}, FailureKind.GARBLED),
        ({"error": {"code": "server_is_overloaded", "message": "busy"}}, FailureKind.OVERLOADED),
    ],
)
def test_what_is_no_compaction_is_a_failure(body: object, kind: FailureKind) -> None:
    events = told(body)
    ending = events[-1]
    assert isinstance(events[0], ev.ResponseStarted)
    assert isinstance(ending, ev.ResponseEnded)
    assert isinstance(ending.ending, ev.Failed)
    assert ending.ending.failure.kind is kind


def test_the_role_is_filled() -> None:
    codec: ClientCodec = CompactClient()
    assert codec.parse_failure(401, {}, b"{}").kind is FailureKind.UNAUTHORIZED
    assert codec.parse_headers({"x-request-id": "r"}).request_id == "r"
