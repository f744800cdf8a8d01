"""The Ollama dialect for the laws: its normal form, its legal lines, and a request with everything in it."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.ollama.errors import plain_text
from codex_proxy.protocols.ollama.schema import arguments_object
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText

BODY = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "x"}]}
ASKED = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "x", "images": ["iVBORw0KGgo="]},
        {"role": "assistant", "thinking": "t", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
        {"role": "tool", "tool_name": "f", "content": "o"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
    "format": {"type": "object", "properties": {"a": {"type": "string"}}},
    "options": {"num_ctx": 4096, "num_predict": -1, "stop": ["x"], "seed": 1, "temperature": 0.5},
    "think": "low",
    "keep_alive": "5m",
    "stream": True,
}

_NEWLINES = re.compile(r"\n+")


def content_of(events: Sequence[ev.Event]) -> dict[str, Any]:
    """Texts and refusals as one text, thoughts as another, and calls in the order of their announcement.

    A call's arguments are an object; it has no kind and no namespace.  Citations and hosted items have no form.
    """
    joiner = ThoughtText()
    calls: dict[int, list[Any]] = {}
    content: dict[str, Any] = {"text": [], "refusal": [], "thoughts": ""}
    for event in events:
        match event:
            case ev.TextDelta() | ev.RefusalDelta():
                content["text"].append(event.text)
            case ev.ThinkingDelta():
                content["thoughts"] += joiner.add(event)
            case ev.ToolCallStarted():
                calls[event.block] = [event.call_id, event.name, event.kind, []]
            case ev.ToolCallEnded():
                call = calls[event.block]
                arguments, _ = arguments_object(event.arguments, call[2])
                call[2:] = ["function", [msgspec.json.encode(arguments).decode()]]
    content["thoughts"] = _NEWLINES.sub("\n", content["thoughts"])
    return content | {"calls": [tuple(call) for call in calls.values()]}


def ending_of(ending: tuple[str, str]) -> tuple[str, str]:
    """There is one early end; any other looks like a proper one.  An error is one plain sentence."""
    kind, words = ending
    if kind == "failed":
        return kind, plain_text(words)
    return ending if ending == ("incomplete", "max_output_tokens") or kind == "none" else ("completed", "")


def usage_of(usage: tuple[int, int, int, int] | None) -> tuple[int, int, int, int] | None:
    """Two counts."""
    return None if usage is None else (usage[0], 0, usage[2], 0)


def legal(payloads: list[bytes]) -> None:
    """Whole lines, one end, calls numbered in order, and no content in the last line."""
    lines = [json.loads(payload) for payload in payloads]
    last = lines.pop()
    if "error" not in last:
        assert last["done"] is True
        assert last["done_reason"] in {"stop", "length"}
        assert last["message"] == {"role": "assistant", "content": ""}
    calls = [call for line in lines for call in line["message"].get("tool_calls", [])]
    assert [call["function"]["index"] for call in calls] == list(range(len(calls)))
    for line in lines:
        assert line["done"] is False
        assert line["message"]["role"] == "assistant"
        assert isinstance(line["message"]["content"], str)
        assert {"model", "created_at"} <= line.keys()
    assert all(isinstance(call["function"]["arguments"], dict) for call in calls)
