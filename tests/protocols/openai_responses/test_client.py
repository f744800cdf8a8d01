"""Calls to vendors that speak Responses, and their answers."""

import json
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.tools import CustomTool
from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from tests.protocols.codex.parts import request, target

AZURE = ResponsesProfile(path="/responses?api-version=preview", key_header="api-key", headers=(("x-title", "t"),))
MODEST = ResponsesProfile(custom_tools=False)
CALL = {"type": "function_call", "id": "fc", "call_id": "c", "name": "patch", "arguments": '{"input":"*** End"}'}


def call_of(profile: ResponsesProfile | None = None, **asked: Any) -> UpstreamCall:
    return ResponsesClient(profile).build_call(request(**asked), target())


def test_a_call_is_one_post_with_a_bearer_token() -> None:
    call = call_of(stream=True)
    assert (call.method, call.path) == ("POST", "/responses")
    assert dict(call.headers) == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "authorization": "Bearer secret",
    }
    body = json.loads(call.body)
    assert (body["model"], body["stream"]) == ("gpt-5.4", True)
    assert call.sent_fields == body.keys()


def test_models_of_one_vendor_may_differ() -> None:
    client = ResponsesClient(profile_of=lambda model: ResponsesProfile(path=f"/{model[:3]}/{{model}}"))
    assert client.build_call(request(), target()).path == "/gpt/gpt-5.4"


def test_a_vendor_that_only_streams_is_asked_for_a_stream() -> None:
    call = call_of(ResponsesProfile(streams_only=True))
    assert (json.loads(call.body)["stream"], dict(call.headers)["accept"]) == (True, "text/event-stream")


def test_an_unstreamed_answer_is_asked_for_as_such() -> None:
    call = call_of()
    assert dict(call.headers)["accept"] == "application/json"
    assert "stream" not in call.sent_fields


def test_a_vendors_path_key_header_and_own_headers() -> None:
    call = call_of(AZURE)
    assert call.path == "/responses?api-version=preview"
    assert call.headers[-2:] == (("api-key", "secret"), ("x-title", "t"))
    assert "authorization" not in dict(call.headers)


def test_an_answer_is_read_streamed_and_whole() -> None:
    client, call = ResponsesClient(), call_of()
    body = {"id": "resp_1", "status": "completed", "output": [CALL]}
    told = {"type": "response.completed", "response": body}
    streamed = client.open_stream(call).feed(encode_frame(json.dumps(told).encode(), "response.completed"))
    for events in ([event for step in streamed for event in step.events], client.parse_response(call, _json(body))):
        (started,) = [event for event in events if isinstance(event, ev.ToolCallStarted)]
        assert started.kind is ToolKind.FUNCTION
        assert isinstance(events[-1], ev.ResponseEnded)


def test_calls_of_disguised_tools_are_what_the_client_offered() -> None:
    client, call = ResponsesClient(MODEST), call_of(MODEST, tools=(CustomTool(name="patch"),))
    body = {"id": "resp_1", "status": "completed", "output": [CALL]}
    told = {"type": "response.completed", "response": body}
    streamed = client.open_stream(call).feed(encode_frame(json.dumps(told).encode(), "response.completed"))
    for events in ([event for step in streamed for event in step.events], client.parse_response(call, _json(body))):
        (started,) = [event for event in events if isinstance(event, ev.ToolCallStarted)]
        (ended,) = [event for event in events if isinstance(event, ev.ToolCallEnded)]
        assert (started.kind, ended.arguments) == (ToolKind.CUSTOM, "*** End")


def test_errors_and_headers_are_read() -> None:
    failure = ResponsesClient().parse_failure(429, {"retry-after": "3"}, b'{"error":{"message":"m"}}')
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.RATE_LIMITED, 3.0)
    assert ResponsesClient().parse_headers({"x-request-id": "v"}).request_id == "v"
    assert ResponsesClient().parse_headers({"apim-request-id": "a"}).request_id == "a"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_clients_own_body_goes_with_the_vendors_name_of_the_model() -> None:
    body = b'{"model": "theirs", "input": "hi",  "future": 1.0}'
    call = ResponsesClient().pass_call(request(), target(), body)
    assert call is not None
    assert call.body == b'{"model": "gpt-5.4", "input": "hi",  "future": 1.0}'
    assert not call.context.relays
    assert ResponsesClient(ResponsesProfile(refuses=("future",))).pass_call(request(), target(), body) is None


def test_a_stream_where_a_whole_answer_was_wanted_is_read_too() -> None:
    response = {"id": "r", "model": "m", "status": "completed", "output": []}
    wire = b"".join(
        encode_frame(json.dumps({"type": name, "response": response, "sequence_number": n}).encode(), event=name)
        for n, name in enumerate(("response.created", "response.completed"))
    )
    events = ResponsesClient().parse_response(call_of(ResponsesProfile(streams_only=True)), wire)
    assert isinstance(events[-1], ev.ResponseEnded)
    assert isinstance(events[-1].ending, ev.Completed)
