"""The Gemini dialect for the laws: its normal form, its legal chunks, and a request with everything in it."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolCall
from codex_proxy.protocols.gemini.answer.calls import call_object, malformed_message
from codex_proxy.protocols.gemini.signing import write_signature
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText

BODY = {
    "contents": [{"role": "user", "parts": [{"text": "x"}]}],
    "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
}
_SCHEMA = {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}, "required": ["a"]}
ASKED = {
    "contents": [
        {"role": "user", "parts": [{"text": "x"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
        {
            "role": "model",
            "parts": [
                {"text": "t", "thought": True},
                {"functionCall": {"id": "c", "name": "f", "args": {}}, "thoughtSignature": "Y3B4MS5lMzAuZ0E="},
            ],
        },
        {"role": "user", "parts": [{"functionResponse": {"id": "c", "name": "f", "response": {"result": "o"}}}]},
        {"role": "user", "parts": [{"fileData": {"file_uri": "https://example.invalid/a.pdf", "mimeType": "a/b"}}]},
    ],
    "systemInstruction": {"parts": [{"text": "s"}]},
    "tools": [
        {"functionDeclarations": [{"name": "f", "description": "d", "parameters": _SCHEMA}]},
        {"googleSearch": {"excludeDomains": ["example.invalid"]}},
    ],
    "toolConfig": {
        "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]},
        "retrievalConfig": {"languageCode": "en_GB"},
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "generationConfig": {
        "temperature": 1,
        "stopSequences": ["x"],
        "maxOutputTokens": "5",
        "responseMimeType": "application/json",
        "responseSchema": _SCHEMA,
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "1:1"},
        "thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 5, "includeThoughts": True},
    },
}

_NEWLINES = re.compile(r"\n+")


def content_of(events: Sequence[ev.Event], ending: tuple[str, str]) -> dict[str, Any]:
    """Texts and refusals as one text, thoughts as another, signatures as they travel, whole calls, pictures, sources.

    A call without an object of arguments is none; it has no kind and no namespace.  Nothing follows an error, so a
    failed answer tells neither its sources nor a signature that waited for its part.
    """
    joiner = ThoughtText()
    calls: dict[int, ev.ToolCallStarted] = {}
    content: dict[str, Any] = {"text": [], "refusal": [], "thoughts": "", "signatures": [], "pictures": 0}
    told: dict[int, tuple[str, str, str, list[str]]] = {}
    for event in events:
        match event:
            case ev.TextDelta() | ev.RefusalDelta():
                content["text"].append(event.text)
            case ev.ThinkingDelta():
                content["thoughts"] += joiner.add(event)
            case ev.ThinkingEnded(signature=str() as token):
                content["signatures"].append(_signature(event, token))
            case ev.ToolCallStarted():
                calls[event.block] = event
            case ev.ToolCallEnded():
                made = call_object(_call(calls[event.block], event.arguments))
                if made is not None:
                    arguments = msgspec.json.encode(made["args"], order="deterministic").decode()
                    told[event.block] = (made["id"], made["name"], "function", [arguments])
            case ev.HostedEnded(kind="image_generation_call"):
                content["pictures"] += 1
    content["thoughts"] = _NEWLINES.sub("\n", content["thoughts"])
    if ending[0] == "failed":
        content["signatures"] = []
    return content | {"calls": [told[block] for block in sorted(told)], "cited": _cited(events, ending)}


def _signature(event: ev.ThinkingEnded, token: str) -> str:
    return write_signature(token, origin=event.origin, item_id=event.item_id, redacted=event.redacted)


def ending_of(events: Sequence[ev.Event], ending: tuple[str, str]) -> tuple[str, str]:
    """A whole answer with a call that makes no sense ends as malformed."""
    calls = {event.block: event for event in events if isinstance(event, ev.ToolCallStarted)}
    for event in sorted((event for event in events if isinstance(event, ev.ToolCallEnded)), key=lambda e: e.block):
        call = _call(calls[event.block], event.arguments)
        if ending[0] == "completed" and call_object(call) is None:
            return "failed", malformed_message(call)
    return ending


def legal(payloads: list[bytes]) -> None:
    """Whole chunks with one part each, the last of which ends; no comment and no terminator."""
    chunks = [json.loads(payload) for payload in payloads]
    last = chunks.pop()
    if "error" in last:
        assert last["error"].keys() >= {"code", "message", "status"}
    else:
        assert _candidate(last)["finishReason"] in {"STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL"}
    for chunk in chunks:
        candidate = _candidate(chunk)
        assert candidate.keys() == {"content", "index"}
        (part,) = candidate["content"]["parts"]
        if "functionCall" in part:
            assert isinstance(part["functionCall"]["args"], dict)


def _candidate(chunk: Any) -> Any:
    assert chunk["modelVersion"]
    (candidate,) = chunk["candidates"]
    assert candidate["content"]["role"] == "model"
    return candidate


def _cited(events: Sequence[ev.Event], ending: tuple[str, str]) -> list[tuple[str | None, str | None]]:
    texts = [event for event in events if isinstance(event, ev.TextEnded) and ending[0] != "failed"]
    return [(cited.url, cited.title) for text in texts for cited in text.annotations if cited.kind == "url_citation"]


def _call(start: ev.ToolCallStarted, arguments: str) -> ToolCall:
    return ToolCall(call_id=start.call_id, name=start.name, arguments=arguments, kind=start.kind)
