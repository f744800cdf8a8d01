"""The client role: calls that a server understands, and its refusals."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    Reasoning,
    Request,
    Role,
    Sampling,
    SchemaOutput,
    TextOutput,
    Turn,
)
from codex_proxy.canonical.target import (
    ClientIdentity,
    Credential,
    ModelFacts,
    Profile,
    Target,
    UpstreamIdentity,
)
from codex_proxy.canonical.tools import ChoiceMode, ChooseMode, CustomTool, FunctionTool
from codex_proxy.protocols.base import ClientCodec, UpstreamCall
from codex_proxy.protocols.ollama.client import OllamaClient
from codex_proxy.protocols.ollama.request import parse_chat, parse_generate
from codex_proxy.protocols.ollama.schema import OllamaProfile
from tests.protocols.ollama.recordings import answers, load, require

TURNS = (Turn(role=Role.USER, blocks=(Text(text="x"),)),)
TARGET = Target(
    model=ModelFacts(slug="qwen3:4b"),
    credential=Credential(token=""),
    client=ClientIdentity(
        profile=Profile.CLI,
        engine_version="",
        desktop_version="",
        platform="",
        arch="",
        terminal="",
        installation_id="",
    ),
    identity=UpstreamIdentity(session_id="", thread_id="", turn_id=""),
    now=0.0,
)


def target(**changes: Any) -> Target:
    return msgspec.structs.replace(TARGET, **changes)


def call(aim: Target = TARGET, profile: OllamaProfile | None = None, **asked: Any) -> UpstreamCall:
    request = Request(**{"dialect": Dialect.OPENAI_CHAT, "model": "m", "turns": TURNS} | asked)
    return OllamaClient(profile).build_call(request, aim)


def body(made: UpstreamCall) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(made.body)
    return value


def noted(made: UpstreamCall) -> dict[str, str]:
    return {note.path: note.weight.value for note in made.notes}


def test_the_smallest_call() -> None:
    codec: ClientCodec = OllamaClient()
    made = call()
    assert codec.dialect is Dialect.OLLAMA
    assert (made.method, made.path) == ("POST", "/api/chat")
    assert made.headers == (("content-type", "application/json"), ("accept", "application/json"))
    assert body(made) == {"model": "qwen3:4b", "messages": [{"role": "user", "content": "x"}], "stream": False}
    assert made.sent_fields == {"model", "messages", "stream"}
    assert made.notes == ()


def test_a_key_travels_as_bearer_and_a_stream_is_asked_for() -> None:
    profile = OllamaProfile(headers=(("x-team", "a"),))
    made = call(target(credential=Credential(token="k")), profile, stream=True)
    headers = dict(made.headers)
    assert headers["authorization"] == "Bearer k"
    assert (headers["accept"], headers["x-team"]) == ("application/x-ndjson", "a")
    assert body(made)["stream"] is True


def test_sampling_becomes_options() -> None:
    sampling = Sampling(
        temperature=0.0, top_p=0.9, top_k=40, seed=0, max_tokens=64, stop=("END",), logit_bias={"1": 2}, logprobs=True
    )
    made = call(sampling=sampling)
    assert body(made)["options"] == {
        "temperature": 0.0, "top_p": 0.9, "top_k": 40, "seed": 0, "num_predict": 64, "stop": ["END"],
    }  # fmt: skip
    assert noted(made) == {"logit_bias": "cosmetic", "logprobs": "cosmetic"}
    assert noted(call(sampling=Sampling(logprobs=False))) == {}


def test_formats() -> None:
    schema = {"type": "object", "properties": {}}
    assert body(call(output=JsonOutput()))["format"] == "json"
    assert body(call(output=SchemaOutput(name="s", schema=schema)))["format"] == schema
    assert "format" not in body(call(output=TextOutput()))


@pytest.mark.parametrize(
    ("profile", "effort", "think"),
    [
        (OllamaProfile(), "high", True),
        (OllamaProfile(), "none", False),
        (OllamaProfile(think_levels=True), "high", "high"),
        (OllamaProfile(think_levels=True), "xhigh", "high"),
        (OllamaProfile(think_levels=True), "minimal", "low"),
        (OllamaProfile(think_levels=True), "none", False),
        (OllamaProfile(), None, None),
    ],
)
def test_efforts_become_a_switch_or_a_level(profile: OllamaProfile, effort: str | None, think: Any) -> None:
    made = call(profile=profile, reasoning=Reasoning(effort=effort))
    assert body(made).get("think") == think
    assert body(call(target(effort=effort), profile)).get("think") == think


def test_models_that_do_not_think_are_not_told_to() -> None:
    made = call(profile=OllamaProfile(thinking=False), reasoning=Reasoning(effort="high"))
    assert "think" not in body(made)
    assert noted(made) == {"reasoning_effort": "cosmetic"}


def test_tools_and_what_cannot_be_said_of_them() -> None:
    tools = (FunctionTool(name="f"), CustomTool(name="patch"))
    made = call(tools=tools, tool_choice=ChooseMode(mode=ChoiceMode.REQUIRED), parallel_tool_calls=False)
    assert [tool["function"]["name"] for tool in body(made)["tools"]] == ["f", "patch"]
    assert made.context.custom_tools == {"patch"}
    assert noted(made) == {"tool_choice": "lossy", "parallel_tool_calls": "lossy"}
    assert "tools" not in body(call(tools=tools, tool_choice=ChooseMode(mode=ChoiceMode.NONE)))
    silent = call(tools=tools, profile=OllamaProfile(tools=False))
    assert "tools" not in body(silent)
    assert noted(silent) == {"tools": "lossy"}


def test_fields_of_other_dialects_are_noted_and_refused_ones_left_out() -> None:
    made = call(
        target(learned_rejects=frozenset({"think"})), reasoning=Reasoning(effort="low"), extra={"n": 1}, verbosity="low"
    )
    assert "think" not in body(made)
    assert noted(made) == {"think": "cosmetic", "n": "cosmetic", "verbosity": "cosmetic"}


def test_a_client_of_this_dialect_is_passed_on_as_it_spoke() -> None:
    asked: dict[str, Any] = {
        "model": "mine:latest",
        "messages": [
            {"role": "user", "content": "look", "images": ["iVBORw0KGgo="]},
            {
                "role": "assistant",
                "content": "",
                "thinking": "hm",
                "tool_calls": [{"function": {"name": "f", "arguments": {}}}],
            },
            {"role": "tool", "content": "o", "tool_name": "f"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}
        ],
        "think": "high",
        "format": {"type": "object"},
        "options": {"num_ctx": 8192, "temperature": 0.5},
        "keep_alive": "5m",
        "truncate": False,
    }
    request = parse_chat(json.dumps(asked).encode(), {}).request
    sent = body(OllamaClient().build_call(request, target(effort="high")))
    call_id = {"id": "call_o1"}
    asked["messages"][1]["tool_calls"][0] |= call_id | {"type": "function"}
    asked["messages"][2]["tool_call_id"] = "call_o1"
    assert sent == asked | {"model": "qwen3:4b", "stream": True}


def test_a_prompt_is_asked_for_as_a_chat() -> None:
    request = parse_generate(b'{"model":"m","prompt":"why?","system":"be brief","stream":false}', {}).request
    assert body(OllamaClient().build_call(request, TARGET)) == {
        "model": "qwen3:4b",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "why?"}],
        "stream": False,
    }


def test_replies() -> None:
    codec = OllamaClient()
    assert codec.parse_headers({"x-request-id": "r"}).request_id == "r"
    events = codec.parse_response(call(), b'{"response":"hi"}')
    ending = events[-1].ending if isinstance(events[-1], ev.ResponseEnded) else None
    assert isinstance(ending, ev.Failed)
    assert ending.failure.kind is FailureKind.DISCONNECTED


@pytest.mark.recordings
@pytest.mark.parametrize("path", [*answers(failed=False), *answers(failed=True)], ids=lambda path: path.stem[-60:])
def test_recorded_requests_are_built_again_and_errors_told(path: Path) -> None:
    require()
    recording = load(path)
    asked = recording["request"]["body"]
    parse = parse_generate if recording["request"]["path"].endswith("/generate") else parse_chat
    parsed = parse(json.dumps(asked).encode(), {})
    assert not [note for note in parsed.notes if note.weight.value == "lossy"]
    sent = body(OllamaClient().build_call(parsed.request, TARGET))
    if "messages" in asked:
        assert [message["content"] for message in sent["messages"]] == [
            message["content"] for message in asked["messages"]
        ]
    assert sent.get("options", {}) == {
        name: value for name, value in (asked.get("options") or {}).items() if value is not None
    }
    response = recording["response"]
    if response["status"] >= 400:
        failure = OllamaClient().parse_failure(response["status"], {}, json.dumps(response["body"]).encode())
        assert (failure.kind, failure.message) == (FailureKind.MODEL_NOT_FOUND, response["body"]["error"])
