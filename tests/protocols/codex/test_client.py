"""The backend's client role."""

import json

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.request import Dialect, SchemaOutput
from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.codex.client import CodexClient, read_extension
from tests.protocols.codex.parts import request, target

CODEC = CodexClient()


def test_reply_headers_tell_facts_and_what_a_codex_client_may_see() -> None:
    headers = {
        "x-codex-turn-state": "state",
        "openai-model": "gpt-5.4",
        "x-models-etag": "tag",
        "x-request-id": "req",
        "x-codex-primary-used-percent": "3",
        "set-cookie": "secret",
        "server": "x",
    }
    facts = CODEC.parse_headers(headers)
    assert (facts.turn_state, facts.served_model, facts.models_etag, facts.request_id) == (
        "state", "gpt-5.4", "tag", "req",
    )  # fmt: skip
    assert len(facts.rate_limits) == 1
    assert {name for name, _ in facts.relay} == {
        "x-codex-turn-state", "openai-model", "x-models-etag", "x-codex-primary-used-percent",
    }  # fmt: skip


def test_the_backends_own_counter_event_is_understood() -> None:
    event = {"type": "codex.rate_limits", "rate_limits": {"primary": {"used_percent": 1, "window_minutes": 5}}}
    assert isinstance(read_extension("codex.rate_limits", event), ev.RateLimitsObserved)
    assert read_extension("codex.rate_limits", {}) is None
    assert read_extension("codex.news", {}) is None


def test_a_stream_is_decoded_and_a_failure_classified() -> None:
    call = CODEC.build_call(request(), target())
    stream = CODEC.open_stream(call)
    frame = encode_frame(b'{"type":"response.completed","response":{"id":"r","output":[]}}', "response.completed")
    events = [event for step in stream.feed(frame) for event in step.events]
    assert isinstance(events[0], ev.ResponseStarted)
    assert isinstance(events[-1], ev.ResponseEnded)
    assert CODEC.parse_failure(429, {}, b"").kind is FailureKind.RATE_LIMITED


def test_a_whole_answer_is_decoded() -> None:
    call = CODEC.build_call(request(), target())
    events = CODEC.parse_response(call, b'{"id":"r","status":"completed","output":[]}')
    assert isinstance(events[-1], ev.ResponseEnded)


def test_members_that_were_asked_for_as_nullable_are_absent_again() -> None:
    schema = SchemaOutput(name="s", schema={"type": "object", "properties": {"a": {"type": "string"}}})
    call = CODEC.build_call(request(output=schema, dialect=Dialect.ANTHROPIC), target())
    assert call.context.loose_schema == schema.schema
    part = {"type": "output_text", "text": '{"a":null}'}
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}
    body = {"id": "r", "status": "completed", "output": [message]}
    events = CODEC.parse_response(call, json.dumps(body).encode())
    assert [event.text for event in events if isinstance(event, ev.TextEnded)] == ["{}"]


def test_an_answer_is_taken_out_of_the_wrapper_that_its_schema_needed() -> None:
    schema = SchemaOutput(name="s", schema={"type": "array", "items": {"type": "string"}})
    call = CODEC.build_call(request(output=schema, dialect=Dialect.GEMINI), target())
    assert call.context.unwrap_key == "value"
    part = {"type": "output_text", "text": '{"value":["a"]}'}
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}
    body = {"id": "r", "status": "completed", "output": [message]}
    whole = CODEC.parse_response(call, json.dumps(body).encode())
    stream = CODEC.open_stream(call)
    data = json.dumps({"type": "response.completed", "response": body}).encode()
    steps = [*stream.feed(encode_frame(data, "response.completed")), *stream.end()]
    for events in (whole, [event for step in steps for event in step.events]):
        assert [event.text for event in events if isinstance(event, ev.TextEnded)] == ['["a"]']
        assert {event.native is None for event in events if isinstance(event, ev.ResponseEnded)} == {True}
