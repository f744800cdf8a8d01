"""The laws every dialect has to keep, with answers that Hypothesis draws."""

import contextlib
import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.protocols.base import InvalidRequest, UpstreamError
from tests.laws import anthropic, checks, gemini, ollama
from tests.laws.answers import JSON_VALUES, answers, disorders
from tests.laws.dialects import ANTHROPIC, CALL, CHAT, CODEX, DIALECTS, GEMINI, OLLAMA, RESPONSES, Spoken

pytestmark = pytest.mark.timeout(600)  # 500 examples, and as many again to make a failing one small
EVERY = pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.name)
CUTS = st.lists(st.integers(0, 10_000), max_size=30)


@EVERY
@given(events=answers(), cuts=CUTS)
def test_1_chunking(spoken: Spoken, events: list[ev.Event], cuts: list[int]) -> None:
    checks.chunking(spoken, spoken.written(events), cuts)


@EVERY
@given(raw=st.binary(max_size=400), cuts=CUTS)
def test_1_chunking_of_anything(spoken: Spoken, raw: bytes, cuts: list[int]) -> None:
    checks.chunking(spoken, spoken.framing.lead + raw, cuts)


@EVERY
@given(events=answers())
def test_2_round_trip(spoken: Spoken, events: list[ev.Event]) -> None:
    checks.round_trip(spoken, events)


@EVERY
@given(events=answers())
def test_3_fold(spoken: Spoken, events: list[ev.Event]) -> None:
    checks.whole(spoken, events)


# ------------------------------------------------------------------------------------------------ 4 totality


def survives(act: Callable[[], object], *declared: type[Exception]) -> None:
    """``act`` returns or raises what is declared."""
    with contextlib.suppress(*declared):
        act()


@EVERY
@given(raw=st.binary(max_size=600))
def test_4_totality_of_bytes(spoken: Spoken, raw: bytes) -> None:
    survives(lambda: spoken.read([raw]), UpstreamError)
    survives(lambda: spoken.read([spoken.framing.frame(raw)]), UpstreamError)
    survives(lambda: spoken.client.parse_response(CALL, raw), UpstreamError)
    survives(lambda: spoken.server.parse_request(raw, headers={}), InvalidRequest)
    assert isinstance(spoken.client.parse_failure(400, {}, raw), Failure)


STRANGE = JSON_VALUES | st.sampled_from([1e308, -1, 2**70, "", [], {}, "\ud800", [[]], [{}], {"type": 7}])


@st.composite
def mutated(draw: Any, value: Any) -> Any:
    """The value with some places replaced by anything, or with a member too many."""
    changed = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = changed, draw(st.sampled_from(sorted(changed)))
        while isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 3)):
            holder = holder[key]
            key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        holder[key] = copy.deepcopy(draw(STRANGE))
    return changed


def _asked_of(spoken: Spoken) -> dict[str, Any]:
    if spoken.name == "ollama":
        return ollama.ASKED
    if spoken.name == "gemini":
        return gemini.ASKED
    if spoken.name == "anthropic":
        return anthropic.ASKED
    image = {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"}
    shared = {"temperature": 1, "metadata": {"a": "b"}, "service_tier": "flex", "stream": True, "user": "u"}
    schema = {"name": "s", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}, "strict": True}
    if spoken.name != "openai_chat":
        return shared | {
            "model": "m",
            "instructions": "i",
            "input": [
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}, image]},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAA"},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "o"}]},
            ],
            "tools": [{"type": "function", "name": "f", "parameters": schema["schema"]}, {"type": "web_search"}],
            "tool_choice": {"type": "function", "name": "f"},
            "reasoning": {"effort": "low", "summary": "auto"},
            "text": {"format": {"type": "json_schema"} | schema, "verbosity": "low"},
        }
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    parts = [
        {"type": "text", "text": "x"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}},
    ]
    return shared | {
        "model": "m",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": parts},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "o"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": schema["schema"], "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": schema},
        "stop": ["x"],
        "stream_options": {"include_usage": True},
        "reasoning_effort": "low",
        "max_completion_tokens": 5,
    }


@EVERY
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(data=st.data())
def test_4_totality_of_nearly_legal_requests(spoken: Spoken, data: st.DataObject) -> None:
    body = json.dumps(data.draw(mutated(_asked_of(spoken)))).encode()
    survives(lambda: spoken.server.parse_request(body, headers=spoken.headers), InvalidRequest)


@EVERY
@given(events=answers(), data=st.data())
def test_4_totality_of_nearly_legal_streams(spoken: Spoken, events: list[ev.Event], data: st.DataObject) -> None:
    framing = spoken.framing
    frames = [payload for payload in framing.payloads(spoken.written(events)) if payload != b"[DONE]"]
    place = data.draw(st.integers(0, len(frames) - 1))
    frames[place] = json.dumps(data.draw(mutated(msgspec.json.decode(frames[place])))).encode()
    stream = b"".join(map(framing.frame, frames))
    survives(lambda: spoken.read([stream]), UpstreamError)


# ------------------------------------------------------------------------------------------------ 6 legality


@EVERY
@given(events=disorders())
def test_6_legality(spoken: Spoken, events: list[ev.Event]) -> None:
    checks.legality(spoken, events)


@EVERY
def test_6_every_event_occurs_often_enough_to_matter(spoken: Spoken) -> None:
    seen: Counter[type] = Counter()
    answers_count = 0

    @given(events=answers())
    def count(events: list[ev.Event]) -> None:
        nonlocal answers_count
        answers_count += 1
        spoken.written(events)
        seen.update({type(event) for event in events})

    count()
    rare = [variant.__name__ for variant in get_args(ev.Event) if seen[variant] < answers_count / 100]
    assert not rare


def test_these_are_the_dialects_there_are() -> None:
    assert {spoken.name for spoken in (CHAT, RESPONSES, CODEX, OLLAMA, GEMINI, ANTHROPIC)} == {
        spoken.name for spoken in DIALECTS
    }
