"""Every field of a request body: kept, noted or refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import (
    JsonOutput,
    OutputFormat,
    Reasoning,
    Request,
    Sampling,
    SchemaOutput,
    SessionHints,
    TextOutput,
)
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.openai_chat.request import looks_like_responses, parse_form, parse_request
from codex_proxy.protocols.openai_chat.schema import ChatRequest, ReplyForm
from tests.protocols.openai_chat.recordings import CAPTURES, captured_chats, load, recorded_requests, require

# Recorded requests that this gateway refuses: no message, sound wanted, a video, two choices.
REFUSED = {
    "ai-gateway--internal-testopenai-chat-no-messages--0": "messages",
    "dd-trace-py--contrib-openai-v1-chat-completion-audio-output--0": "modalities",
    "rig--deepseek-wire-shape-matrix-blocking-video-part-reaches-the-wire--0": "messages[0].content[1].type",
    "rig--openai-chat-terminal-metadata-matrix-streaming-a8010fni-tiny-plain-two--0": "n",
}

TOOL = {"type": "function", "function": {"name": "ls"}}


def parse(headers: dict[str, str] | None = None, **fields: Any) -> ParsedRequest:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields}
    return parse_request(json.dumps(body).encode(), headers or {})


def request(**fields: Any) -> Request:
    return parse(**fields).request


def noted(**fields: Any) -> list[tuple[str, Weight]]:
    return [(note.path, note.weight) for note in parse(**fields).notes]


def refused(**fields: Any) -> tuple[str, str | None]:
    with pytest.raises(InvalidRequest) as error:
        parse(**fields)
    return error.value.path, error.value.code


def test_a_small_request_has_no_notes() -> None:
    parsed = parse()
    assert parsed.notes == ()
    assert parsed.request.model == "m"
    assert not parsed.request.stream


def test_a_missing_model_is_empty() -> None:
    assert request(model=None).model == ""


@pytest.mark.parametrize(
    ("fields", "sampling"),
    [
        ({"temperature": 0, "top_p": 0.5, "top_k": 4}, Sampling(temperature=0, top_p=0.5, top_k=4)),
        ({"max_tokens": 5}, Sampling(max_tokens=5)),
        ({"max_tokens": 5, "max_completion_tokens": 6}, Sampling(max_tokens=6)),
        ({"max_output_tokens": 7.0}, Sampling(max_tokens=7)),
        ({"stop": "END"}, Sampling(stop=("END",))),
        ({"stop": ["a", "b", "c", "d", "e", ""]}, Sampling(stop=("a", "b", "c", "d", "e"))),
        ({"random_seed": 4}, Sampling(seed=4)),
        ({"n": 1, "seed": 3, "logit_bias": {"5": 1}}, Sampling(seed=3, logit_bias={"5": 1})),
        ({"presence_penalty": 1, "frequency_penalty": 2}, Sampling(presence_penalty=1, frequency_penalty=2)),
    ],
)
def test_sampling_is_kept_for_upstreams_that_take_it(fields: dict[str, Any], sampling: Sampling) -> None:
    assert request(**fields).sampling == sampling
    assert noted(**fields) == []


@pytest.mark.parametrize(
    ("fields", "reasoning"),
    [
        ({"reasoning_effort": "xhigh"}, Reasoning(effort="xhigh")),
        ({"reasoning_effort": "none"}, Reasoning(effort="none")),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, Reasoning(effort="low", summary="auto")),
        ({"reasoning": {"enabled": False}}, Reasoning(effort="none")),
        ({"reasoning": {"max_tokens": 500, "exclude": True}}, Reasoning(budget_tokens=500, visible=False)),
        ({"thinking": {"type": "enabled", "budget_tokens": 900}}, Reasoning(budget_tokens=900)),
        ({"thinking": {"type": "disabled"}}, Reasoning(effort="none")),
        ({"enable_thinking": False}, Reasoning(effort="none")),
        ({"enable_thinking": True, "thinking_budget": 7}, Reasoning(budget_tokens=7)),
        ({"thinking": {"type": "disabled"}, "reasoning_effort": "high"}, Reasoning(effort="high")),
    ],
)
def test_every_spelling_of_thinking(fields: dict[str, Any], reasoning: Reasoning) -> None:
    assert request(**fields).reasoning == reasoning


def test_an_effort_nobody_knows_is_ignored_and_noted_in_its_own_spelling() -> None:
    parsed = parse(reasoning_effort="banana", reasoning={"effort": "low"})
    assert parsed.request.reasoning.effort == "low"
    assert [note.path for note in parsed.notes] == ["reasoning_effort"]
    assert [note.path for note in parse(reasoning={"effort": "banana"}).notes] == ["reasoning.effort"]


SCHEMA = {"type": "object"}


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, None),
        ({"response_format": {"type": "text"}}, TextOutput()),
        ({"response_format": {"type": "json_object"}}, JsonOutput()),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": SCHEMA, "strict": True},
                }
            },
            SchemaOutput(name="n", schema=SCHEMA, strict=True),
        ),
        (
            {"text": {"format": {"type": "json_schema", "schema": SCHEMA, "description": "d"}}},
            SchemaOutput(name="response", schema=SCHEMA, description="d"),
        ),
    ],
)
def test_every_spelling_of_output(fields: dict[str, Any], output: OutputFormat | None) -> None:
    assert request(**fields).output == output


@pytest.mark.parametrize(
    ("headers", "fields", "session"),
    [
        ({"x-session-affinity": "s1"}, {}, SessionHints(conversation_id="s1")),
        ({"session-id": "s1"}, {"conversation_id": "s2"}, SessionHints(conversation_id="s1")),
        ({}, {"metadata": {"session_id": "s3"}}, SessionHints(conversation_id="s3")),
        ({}, {"prompt_cache_key": "k", "user": "u"}, SessionHints(conversation_id="k", prompt_cache_key="k", user="u")),
    ],
)
def test_hints_of_the_conversation(headers: dict[str, str], fields: dict[str, Any], session: SessionHints) -> None:
    assert parse(headers, **fields).request.session == session


def test_streaming_and_usage() -> None:
    streamed = request(stream=True, stream_options={"include_usage": True, "include_obfuscation": False})
    assert (streamed.stream, streamed.include_usage) == (True, True)
    assert request(usage={"include": True}).include_usage
    assert not request(stream=True).include_usage


def test_single_fields_keep_their_words() -> None:
    made = request(
        instructions="be brief", service_tier="auto", verbosity="low", parallel_tool_calls=False, tools=[TOOL],
        tool_choice="required", metadata={"a": "b"},
    )  # fmt: skip
    assert (made.instructions, made.service_tier, made.verbosity) == ("be brief", "auto", "low")
    assert made.parallel_tool_calls is False
    assert made.metadata == {"a": "b"}
    assert request(text={"verbosity": "high"}).verbosity == "high"


def test_fields_without_meaning_are_kept_for_upstreams_of_this_dialect() -> None:
    made = request(prediction={"type": "content"}, min_p=0.1, store=None, provider={"order": []})
    assert made.extra == {"prediction": {"type": "content"}, "min_p": 0.1, "provider": {"order": []}}


@pytest.mark.parametrize(
    ("fields", "notes"),
    [
        ({"logprobs": True, "top_logprobs": 2}, [("top_logprobs", Weight.LOSSY), ("logprobs", Weight.LOSSY)]),
        ({"logprobs": False}, []),
        ({"previous_response_id": "resp_1"}, [("previous_response_id", Weight.LOSSY)]),
        ({"conversation": "conv_1"}, [("conversation", Weight.LOSSY)]),
        ({"audio": {"voice": "x"}}, [("audio", Weight.COSMETIC)]),
        ({"tool_choice": "auto"}, [("tool_choice", Weight.COSMETIC)]),
        ({"response_format": {"type": "gbnf"}}, [("response_format.type", Weight.LOSSY)]),
    ],
)
def test_what_is_lost_is_noted(fields: dict[str, Any], notes: list[tuple[str, Weight]]) -> None:
    assert noted(**fields) == notes


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"n": 2}, ("n", "unsupported_value")),
        ({"modalities": ["text", "audio"]}, ("modalities", "unsupported_value")),
        ({"messages": []}, ("messages", "empty_array")),
        ({"messages": None}, ("messages", None)),
        ({"temperature": "hot"}, ("temperature", "invalid_type")),
        ({"stop": [1]}, ("stop", "invalid_type")),
        ({"stream": "yes"}, ("stream", "invalid_type")),
        ({"model": 5}, ("model", "invalid_type")),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, ("response_format.json_schema.schema", None)),
    ],
)
def test_what_would_change_the_answer_is_refused_by_name(fields: dict[str, Any], error: tuple[str, str | None]) -> None:
    assert refused(**fields) == error


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"messages": "\xff"}'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_request(body, {})
    assert error.value.code == "invalid_json"


@given(
    st.binary(max_size=100)
    | st.recursive(st.none() | st.text(max_size=3), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_arbitrary_bytes_are_refused_and_nothing_else(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse_request(body, {})


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({"user-agent": "OpenAI/Python 3.54.0"}, ReplyForm()),
        ({"user-agent": "Cursor/1.9"}, ReplyForm(custom_as_function=True)),
        ({"x-stainless-helper-method": "chat.completions.stream"}, ReplyForm(custom_as_function=True)),
    ],
)
def test_headers_say_what_a_client_can_read(headers: dict[str, str], form: ReplyForm) -> None:
    assert parse_form(headers) == form
    made = parse(headers).request
    assert isinstance(made, ChatRequest)
    assert made.form == form


def test_the_body_says_what_a_client_can_read() -> None:
    made = parse(functions=[{"name": "f"}], include_reasoning_details=True).request
    assert isinstance(made, ChatRequest)
    assert made.form == ReplyForm(legacy=True, reasoning_details=True)


def test_a_responses_body_on_the_chat_path_is_seen() -> None:
    assert looks_like_responses({"model": "m", "input": [{"role": "user", "content": "hi"}]})
    assert not looks_like_responses({"messages": [], "input": []})
    assert not looks_like_responses({"model": "m"})


@pytest.mark.recordings
def test_the_captures_are_there() -> None:
    require(CAPTURES[0])
    assert len(captured_chats()) >= 15


@pytest.mark.recordings
@pytest.mark.parametrize("path", captured_chats(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_captured_request_parses_without_loss(path: Path) -> None:
    capture = load(path)
    assert not looks_like_responses(capture["body"])
    headers = {name.lower(): value for name, value in capture["headers"]}
    parsed = parse_request(json.dumps(capture["body"]).encode(), headers)
    assert parsed.notes == ()
    assert parsed.request.model == capture["body"]["model"]
    assert len(parsed.request.turns) == len(capture["body"]["messages"])
    assert parsed.request.extra == {}


@pytest.mark.recordings
@pytest.mark.parametrize("path", recorded_requests(), ids=lambda path: path.stem)
def test_a_recorded_request_parses_or_is_refused_for_its_reason(path: Path) -> None:
    body = load(path)["request"]["body"]
    try:
        parsed = parse_request(json.dumps(body).encode(), {})
    except InvalidRequest as error:
        assert error.path == REFUSED.get(path.stem)  # noqa: PT017 - most of them raise nothing
        return
    assert path.stem not in REFUSED
    assert {note.path for note in parsed.notes} <= {"logprobs", "top_logprobs"}
