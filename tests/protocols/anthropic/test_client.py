import json
from typing import Any

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.schema import AnthropicProfile
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from tests.protocols.anthropic.wire import IDS, decoded, opened, parsed, request, target, vendor_stream

CHAT = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(Turn(role=Role.USER, blocks=(Text(text="hi"),)),))


def call(asked: Request, **profile: Any) -> UpstreamCall:
    return AnthropicClient(AnthropicProfile(**profile)).build_call(asked, target())


def test_it_speaks_its_dialect() -> None:
    assert AnthropicClient().dialect is Dialect.ANTHROPIC


def test_a_call() -> None:
    made = call(CHAT, headers=(("x-title", "t"),))
    assert (made.method, made.path) == ("POST", "/v1/messages")
    assert made.headers == (
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("x-api-key", "key-1"),
        ("anthropic-version", "2023-06-01"),
        ("x-title", "t"),
    )
    body = json.loads(made.body)
    assert body["model"] == "claude-v"
    assert made.sent_fields == body.keys()


def test_models_of_one_vendor_may_differ() -> None:
    client = AnthropicClient(profile_of=lambda model: AnthropicProfile(path=f"/{model}", effort=False))
    assert client.build_call(CHAT, target()).path == "/claude-v"


def test_a_key_as_bearer_and_a_stream() -> None:
    headers = dict(call(msgspec.structs.replace(CHAT, stream=True), key_header="authorization").headers)
    assert headers["authorization"] == "Bearer key-1"
    assert headers["accept"] == "text/event-stream"
    assert "x-api-key" not in headers


def test_a_client_of_the_family_keeps_its_version_and_betas() -> None:
    asked = parsed({"anthropic-version": "2026-10-21", "anthropic-beta": "a,b"}).request
    headers = dict(call(asked).headers)
    assert (headers["anthropic-version"], headers["anthropic-beta"]) == ("2026-10-21", "a,b")
    plain = dict(call(request()).headers)
    assert plain["anthropic-version"] == "2023-06-01"
    assert "anthropic-beta" not in plain


def test_a_long_window_is_asked_for_where_that_has_to_be_said() -> None:
    def betas(headers: dict[str, str], beta: str | None, *, wants: bool) -> str | None:
        client = AnthropicClient(AnthropicProfile(long_context_beta=beta))
        asked = msgspec.structs.replace(target(), long_context=wants)
        return dict(client.build_call(parsed(headers).request, asked).headers).get("anthropic-beta")

    assert betas({}, "long", wants=True) == "long"
    assert betas({"anthropic-beta": "a, b"}, "long", wants=True) == "a, b,long"
    assert betas({"anthropic-beta": "a, long"}, "long", wants=True) == "a, long"
    assert betas({"anthropic-beta": "a"}, None, wants=True) == "a"
    assert betas({}, "long", wants=False) is None


def test_streams_and_whole_answers_undo_the_calls_names() -> None:
    client = AnthropicClient()
    made = call(CHAT)
    context = msgspec.structs.replace(made.context, tool_names={"a_b": "a.b"})
    made = msgspec.structs.replace(made, context=context)
    block = {"type": "tool_use", "id": "c", "name": "a_b", "input": {}}
    stream = client.open_stream(made)
    streamed = [event for step in stream.feed(vendor_stream(opened(0, block))) for event in step.events]
    message = {"content": [block], "stop_reason": "tool_use"}
    whole = client.parse_response(made, json.dumps(message).encode())
    for events in (streamed, whole):
        assert [event.name for event in events if isinstance(event, ev.ToolCallStarted)] == ["a.b"]


def test_headers_and_failures() -> None:
    client = AnthropicClient()
    assert client.parse_headers({"request-id": "req_9"}).request_id == "req_9"
    assert client.parse_failure(529, {}, b"").kind is FailureKind.OVERLOADED


def test_a_paused_answer_goes_back_whole_through_a_client_of_another_dialect() -> None:
    page = {"type": "web_search_result", "url": "u", "title": "T", "encrypted_content": "Eo8B", "page_age": "1 day"}
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [page]}
    asking = {"type": "input_json_delta", "partial_json": '{"query":"q"}'}
    raw = vendor_stream(opened(0, {**search, "input": {}}, asking), opened(1, found), stop_reason="pause_turn")
    responses = ResponsesServer()
    said: list[Any] = [{"role": "user", "content": "hi"}]
    asked = responses.parse_request(json.dumps({"model": "m", "input": said}).encode(), headers={}).request
    told = json.loads(responses.encode_response(asked, fold(decoded(raw)), IDS).body)
    assert told["incomplete_details"] == {"reason": "max_messages"}
    body = {"model": "m", "input": [*said, *told["output"]]}
    again = responses.parse_request(json.dumps(body).encode(), headers={}).request
    sent = json.loads(call(again, cache_marks=False).body)
    assert sent["messages"][-1] == {"role": "assistant", "content": [search, found]}


def test_a_clients_own_body_goes_with_the_vendors_name_of_the_model() -> None:
    body = b'{"model": "theirs", "max_tokens": 5, "messages": [], "temperature": 1.0}'
    made = AnthropicClient().pass_call(request(), target(), body)
    assert made is not None
    assert made.body == body.replace(b"theirs", b"claude-v")
    assert AnthropicClient(AnthropicProfile(refuses=("temperature",))).pass_call(request(), target(), body) is None
    assert AnthropicClient().pass_call(request(), target(), body.replace(b"[]", b'["cpx1.x"]')) is None
