"""Whole calls to a vendor."""

import json
from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.request import Dialect, Reasoning, Request, Role, Sampling, Turn
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.tools import ChooseHosted, ChooseTool, CustomTool, FunctionTool
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.schema import GeminiProfile, Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.gemini.signing import write_signature
from tests.protocols.gemini.building.aim import aimed_at

MODEL = ModelFacts(slug="gemini-2.5-flash")
ASK = (Turn(role=Role.USER, blocks=(Text(text="x"),)),)


def call(profile: GeminiProfile | None = None, aim: dict[str, Any] | None = None, **members: Any) -> UpstreamCall:
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", **{"turns": ASK, **members})
    return GeminiClient(profile).build_call(request, aimed_at(MODEL, **(aim or {})))


def test_the_key_travels_in_a_header_and_never_in_the_url() -> None:
    made = call(GeminiProfile(headers=(("x-goog-user-project", "p"),)))
    assert (made.method, made.path) == ("POST", "/v1beta/models/gemini-2.5-flash:generateContent")
    assert dict(made.headers) == {
        "content-type": "application/json",
        "accept": "application/json",
        "x-goog-api-key": "key",
        "x-goog-user-project": "p",
    }
    assert json.loads(made.body) == {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}
    assert made.sent_fields == {"contents"}


def test_a_stream_is_asked_for_as_events() -> None:
    made = call(GeminiProfile(path="/v1"), stream=True)
    assert made.path == "/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert dict(made.headers)["accept"] == "text/event-stream"


def test_tools_and_what_the_answer_needs_undone() -> None:
    tools = (FunctionTool(name="a.b"), CustomTool(name="patch"))
    made = call(tools=tools, tool_choice=ChooseTool(name="a.b"), instructions="brief")
    body = json.loads(made.body)
    assert body["systemInstruction"] == {"parts": [{"text": "brief"}]}
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a_b"]}}
    assert made.context.tool_names == {"a_b": "a.b"}
    assert made.context.custom_tools == {"patch"}
    assert made.context.model == "gemini-2.5-flash"


def test_what_the_vendor_cannot_be_told_is_noted() -> None:
    made = call(
        tools=(FunctionTool(name="f"),),
        tool_choice=ChooseHosted(kind="mcp"),
        parallel_tool_calls=False,
        extra={"store": True},
    )
    assert [note.path for note in made.notes] == ["tool_choice", "parallel_tool_calls", "store"]
    assert "toolConfig" not in json.loads(made.body)


def test_fields_that_were_refused_before_stay_out() -> None:
    made = call(aim={"learned_rejects": frozenset({"generationConfig", "unheard"})}, reasoning=Reasoning(effort="low"))
    assert "generationConfig" not in json.loads(made.body)
    assert [note.path for note in made.notes] == ["generationConfig"]


def test_a_gemini_client_keeps_its_own_members() -> None:
    body = {
        "contents": [{"role": "user", "parts": [{"text": "x"}]}],
        "safetySettings": [{"category": "c"}],
        "serviceTier": "flex",
        "generationConfig": {"temperature": 1, "speechConfig": {"a": 1}},
        "tool_config": {"includeServerSideToolInvocations": True},
    }
    server = GeminiServer(model="gemini-2.5-flash", verb=Verb.GENERATE)
    request = server.parse_request(json.dumps(body).encode(), headers={}).request
    made = GeminiClient().build_call(request, aimed_at(MODEL))
    assert json.loads(made.body) == {
        "contents": body["contents"],
        "safetySettings": [{"category": "c"}],
        "serviceTier": "flex",
        "generationConfig": {"temperature": 1, "speechConfig": {"a": 1}},
        "toolConfig": {"includeServerSideToolInvocations": True},
    }
    assert made.notes == ()


def test_answers_and_failures_are_read() -> None:
    client, made = GeminiClient(), call()
    told = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
    events = client.parse_response(made, json.dumps(told).encode())
    assert events[0] == ev.ResponseStarted(response_id="", model="gemini-2.5-flash", created_at=0)
    stream = client.open_stream(made)
    steps = [*stream.feed(b"data: " + json.dumps(told).encode() + b"\n\n"), *stream.end()]
    assert [event for step in steps for event in step.events] == events
    assert client.parse_headers({"x-request-id": "r"}).request_id == "r"
    assert client.parse_failure(429, {}, b"{}").kind is FailureKind.RATE_LIMITED
    assert client.dialect is Dialect.GEMINI


def test_what_a_vendor_is_always_told_and_never() -> None:
    profile = GeminiProfile(
        sends={"labels": {"a": "b"}}, refuses=("generationConfig.seed",), key_header="authorization"
    )
    made = call(profile, sampling=Sampling(seed=1, temperature=0.5))
    body = json.loads(made.body)
    assert (body["labels"], body["generationConfig"]) == ({"a": "b"}, {"temperature": 0.5})
    assert [note.path for note in made.notes] == ["generationConfig.seed"]
    assert dict(made.headers)["authorization"] == "Bearer key"


def test_models_of_one_vendor_may_differ() -> None:
    client = GeminiClient(profile_of=lambda model: GeminiProfile(path=f"/{model[-5:]}"))
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=ASK)
    assert client.build_call(request, aimed_at(MODEL)).path == "/flash/models/gemini-2.5-flash:generateContent"


def test_a_models_id_stays_within_its_place() -> None:
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=ASK)
    made = GeminiClient().build_call(request, aimed_at(ModelFacts(slug="x?key=1:y")))
    assert made.path == "/v1beta/models/x%3Fkey%3D1%3Ay:generateContent"


def test_a_clients_own_body_goes_as_it_is() -> None:
    request = Request(dialect=Dialect.GEMINI, model="m", turns=ASK, stream=True)
    body = b'{ "contents": [] }'
    made = GeminiClient().pass_call(request, aimed_at(MODEL), body)
    assert made is not None
    assert (made.body, made.path) == (body, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse")
    assert GeminiClient(GeminiProfile(refuses=("labels",))).pass_call(request, aimed_at(MODEL), body) is None
    assert GeminiClient().pass_call(request, aimed_at(MODEL), b'{"contents":"cpx1."}') is None


@pytest.mark.parametrize("origin", [None, "anthropic"])
def test_a_body_with_thoughts_of_another_upstream_is_written_anew(origin: str | None) -> None:
    request = Request(dialect=Dialect.GEMINI, model="m", turns=ASK, stream=True)
    signature = write_signature("gAAAA-x", origin=origin, item_id="rs_1")
    part = {"text": "yes", "thoughtSignature": signature}
    body = msgspec.json.encode({"contents": [{"role": "model", "parts": [part]}]})
    assert GeminiClient().pass_call(request, aimed_at(MODEL), body) is None
    own = body.replace(signature.encode(), b"AVSoXO9Kbw")
    assert GeminiClient().pass_call(request, aimed_at(MODEL), own) is not None
