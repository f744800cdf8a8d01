"""What survives of an answer in a Messages stream, what such a stream must look like, and a request to change."""

import json
from collections.abc import Sequence
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.protocols.parts.signatures import open_seal

BODY: dict[str, Any] = {
    "model": "gpt-5.4",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "x"}],
    "thinking": {"type": "adaptive"},
    "tools": [{"type": "web_search_20250305", "name": "web_search"}],
}
_SOURCE = {"type": "base64", "media_type": "image/png", "data": "aGk="}
ASKED: dict[str, Any] = {
    "model": "m",
    "max_tokens": 5,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "image", "source": _SOURCE}]},
        {"role": "system", "content": "y", "output_config": {"effort": "low"}},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "t", "signature": "cpx1.eyJvIjoicmVzcG9uc2VzIiwiaSI6InJzXzEifQ.gAAAA"},
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"title": "t", "url": "u"}]},
                {"type": "tool_use", "id": "c", "name": "f", "input": {"a": "b"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "c",
                    "is_error": True,
                    "content": [{"type": "text", "text": "o"}],
                },
                {"type": "document", "title": "d", "source": {"type": "text", "media_type": "text/plain", "data": "z"}},
                {"type": "search_result", "title": "r", "source": "u", "content": [{"type": "text", "text": "w"}]},
            ],
        },
    ],
    "tools": [
        {"name": "f", "input_schema": {"type": "object", "properties": {}}, "input_examples": [{"a": "b"}]},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "web_search_20260209", "name": "web_search", "allowed_domains": ["a.example"]},
        {"type": "code_execution_20260120", "name": "code_execution"},
    ],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    "stop_sequences": ["x"],
    "metadata": {"user_id": '{"session_id":"s"}'},
    "temperature": 1,
    "stream": True,
}


def content_of(events: Sequence[ev.Event]) -> dict[str, Any]:
    """Texts, thoughts, calls, searches and web citations.

    A refusal is a text; parts of a thought are one text with blank lines between them, and a thought without words or
    token does not show; arguments are JSON objects, those of free-text tools wrapped, broken ones empty; of hosted
    tools only searches show, without their place, since results may come late; other citations than of the web go.
    """
    calls: dict[int, ev.ToolCallStarted] = {}
    arguments: dict[int, str] = {}
    told: dict[str, Any] = {"text": [], "refusal": [], "thoughts": [], "calls": [], "cited": [], "searches": 0}
    for event in events:
        match event:
            case ev.TextDelta() | ev.RefusalDelta():
                told["text"].append(event.text)
            case ev.TextEnded():
                told["cited"] += [(cited.url, cited.title) for cited in event.annotations if cited.url is not None]
            case ev.ThinkingEnded():
                words = "\n\n".join(event.summary or event.content)
                told["thoughts"] += [(words, _token(event.signature))] if words or event.signature else []
            case ev.ToolCallStarted():
                calls[event.block] = event
            case ev.ToolCallEnded():
                arguments[event.block] = event.arguments
            case ev.HostedEnded():
                told["searches"] += event.kind == "web_search_call"
    return told | {"calls": [_call(start, arguments[block]) for block, start in calls.items()]}


def ending_of(events: Sequence[ev.Event], ending: tuple[str, str]) -> tuple[str, str]:
    """A refusal is told by the stop reason, whatever the upstream called it."""
    refused = any(isinstance(event, ev.RefusalStarted) for event in events)
    return ("incomplete", "content_filter") if refused and ending[0] == "completed" else ending


def usage_of(usage: tuple[int, int, int, int] | None) -> tuple[int, int, int, int] | None:
    """The wire always has counts; without any of the upstream's nothing was put out."""
    return usage if usage is not None and usage[2] else None


def _token(signature: str | None) -> str | None:
    sealed = open_seal(signature or "")
    return sealed.encrypted if sealed is not None else signature


def _call(start: ev.ToolCallStarted, arguments: str) -> tuple[str, str, str, list[str]]:
    told: Any = {"input": arguments}
    if start.kind is ToolKind.FUNCTION:
        try:
            told = json.loads(arguments)
        except ValueError:
            told = {}
    return start.call_id, start.name, "", [json.dumps(told if isinstance(told, dict) else {}, sort_keys=True)]


def legal(payloads: list[bytes]) -> None:
    """One start, blocks numbered from 0 that open and close one after another, one end."""
    events = [json.loads(payload) for payload in payloads]
    names = [event["type"] for event in events]
    assert names[0] in {"message_start", "error"}
    assert names.count("message_start") == (names[0] == "message_start")
    failed = names[-1] == "error"
    assert failed or names[-2:] == ["message_delta", "message_stop"]
    assert names.count("message_delta") == names.count("message_stop") == (not failed)
    opened: int | None = None
    begun = 0
    for event in events:
        match event["type"]:
            case "content_block_start":
                assert (opened, event["index"]) == (None, begun)
                opened, begun = begun, begun + 1
            case "content_block_delta":
                assert event["index"] == opened
            case "content_block_stop":
                assert event["index"] == opened
                opened = None
    assert failed or opened is None
