"""One answer in the few facts that every reader of it has to agree on.

Rules of this file: pure values; made from a folded canonical answer here, from the official SDK in ``sdk`` and from raw
JSON in ``oracle``; ``differences`` says in words where two readings part.
"""

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, JsonObject, Refusal, Text, Thinking, ToolCall
from codex_proxy.canonical.fold import Response

COMPLETED = "completed"
FAILED = "failed"
UNFINISHED = "unfinished"
_SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call.  ``call_id`` is None where the dialect, or the vendor, gave none."""

    call_id: str | None
    name: str
    arguments: str
    kind: str = "function"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Tokens; output includes reasoning, input includes cached."""

    input: int
    cached: int
    output: int
    reasoning: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said.

    ``reasoning`` are the readable parts in order; ``ending`` is ``completed``, ``failed`` or ``incomplete:REASON``;
    ``hosted`` the kinds of items that the upstream ran itself; ``error`` the message of a failed ending.
    """

    text: str = ""
    refusal: str = ""
    reasoning: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    hosted: tuple[str, ...] = ()
    ending: str = COMPLETED
    usage: Counts | None = None
    error: str | None = None


def of_response(response: Response) -> Answer:
    """What our fold says."""
    blocks = [part.block for part in response.parts]
    thoughts = [block for block in blocks if isinstance(block, Thinking)]
    calls = [block for block in blocks if isinstance(block, ToolCall)]
    ending = response.ending
    usage = response.usage
    return Answer(
        text="".join(block.text for block in blocks if isinstance(block, Text)),
        refusal="".join(block.text for block in blocks if isinstance(block, Refusal)),
        reasoning=tuple(part for block in thoughts for part in (*block.summary, *block.content) if part),
        calls=tuple(
            Call(call_id=call.call_id, name=call.name, arguments=call.arguments, kind=call.kind.value) for call in calls
        ),
        hosted=tuple(block.kind for block in blocks if isinstance(block, Hosted)),
        ending=_ending(ending),
        usage=None
        if usage is None
        else Counts(
            input=usage.input_tokens,
            cached=usage.cached_tokens,
            output=usage.output_tokens,
            reasoning=usage.reasoning_tokens,
        ),
        error=ending.failure.message if isinstance(ending, ev.Failed) else None,
    )


def differences(
    expected: Answer, got: Answer, *, one_thought: bool = False, parsed_arguments: bool = False
) -> list[str]:
    """Where ``got`` says something else.

    ``one_thought`` compares reasoning as one text, parts joined; ``parsed_arguments`` compares what arguments mean.
    """
    thoughts = (
        ("".join(expected.reasoning), "".join(got.reasoning))
        if one_thought
        else (
            expected.reasoning,
            got.reasoning,
        )
    )
    pairs: list[tuple[str, Any, Any]] = [
        ("text", expected.text, got.text),
        ("refusal", expected.refusal, got.refusal),
        ("reasoning", *thoughts),
        ("hosted items", expected.hosted, got.hosted),
        ("ending", expected.ending, got.ending),
        ("usage", expected.usage, got.usage),
    ]
    found = [_words(name, left, right) for name, left, right in pairs if left != right]
    calls = [tuple(map(_parsed, answer.calls)) if parsed_arguments else answer.calls for answer in (expected, got)]
    found += _call_differences(calls[0], calls[1])
    if expected.error and expected.error not in (got.error or ""):
        found.append(_words("error message", expected.error, got.error))
    return found


def chat_counts(usage: object) -> Counts | None:
    """Token counts of a chat answer, any vendor's.

    Some vendors leave reasoning out of ``completion_tokens`` and count it in the total only, and some have their own
    words for cached tokens.
    """
    if not isinstance(usage, dict) or not usage:
        return None
    prompt, completion = number(usage, "prompt_tokens"), number(usage, "completion_tokens")
    details = usage.get("completion_tokens_details")
    reasoning = number(details, "reasoning_tokens") or number(usage, "reasoning_tokens")
    cached = number(usage.get("prompt_tokens_details"), "cached_tokens") or number(usage, "cached_tokens")
    outside = reasoning and number(usage, "total_tokens") == prompt + completion + reasoning
    return Counts(
        input=prompt,
        cached=cached or number(usage, "prompt_cache_hit_tokens") or number(usage, "cache_read_input_tokens"),
        output=completion + (reasoning if outside else 0),
        reasoning=reasoning,
    )


def responses_counts(usage: object) -> Counts | None:
    """Token counts of a response object's ``usage``."""
    if not isinstance(usage, dict):
        return None
    return Counts(
        input=number(usage, "input_tokens"),
        cached=number(usage.get("input_tokens_details"), "cached_tokens"),
        output=number(usage, "output_tokens"),
        reasoning=number(usage.get("output_tokens_details"), "reasoning_tokens"),
    )


def thought_of(message: JsonObject) -> str:
    """The readable reasoning of a chat message or delta, in the first of its members that has any."""
    for name in ("reasoning_content", "reasoning"):
        value = message.get(name)
        if isinstance(value, str) and value:
            return value
    details = message.get("reasoning_details")
    found = [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    return "".join(str(detail.get("text") or detail.get("summary") or "") for detail in found)


def number(members: object, name: str) -> int:
    """A count; 0 where there is none."""
    value = members.get(name) if isinstance(members, dict) else None
    return int(value) if isinstance(value, int | float) else 0


def of_response_object(response: JsonObject, items: list[Any]) -> Answer:
    """What a plain response object with these output items says."""
    status = response.get("status")
    ending = COMPLETED
    if response.get("error") or status == "failed":
        ending = FAILED
    elif status in {"queued", "in_progress"}:
        ending = UNFINISHED
    elif status == "incomplete":
        details = response.get("incomplete_details")
        ending = f"incomplete:{details.get('reason') if isinstance(details, dict) else None}"
    error = response.get("error")
    known = [item for item in items if isinstance(item, dict)]
    return Answer(
        text="".join(_said(known, "output_text", "text")),
        refusal="".join(_said(known, "refusal", "refusal")),
        reasoning=tuple(part for item in known for part in _thoughts(item)),
        calls=tuple(call for item in known if (call := _call(item)) is not None),
        hosted=tuple(str(item.get("type")) for item in known if item.get("type") not in _PLAIN_ITEMS),
        ending=ending,
        usage=responses_counts(response.get("usage")),
        error=str(error.get("message")) if isinstance(error, dict) else None,
    )


_PLAIN_ITEMS = frozenset({"message", "reasoning", "function_call", "custom_tool_call"})


def _said(items: list[JsonObject], kind: str, member: str) -> list[str]:
    parts = [part for item in items if item.get("type") == "message" for part in item.get("content") or []]
    return [str(part.get(member) or "") for part in parts if isinstance(part, dict) and part.get("type") == kind]


def _thoughts(item: JsonObject) -> list[str]:
    if item.get("type") != "reasoning":
        return []
    parts = [*(item.get("summary") or []), *(item.get("content") or [])]
    return [part["text"] for part in parts if isinstance(part, dict) and part.get("text")]


def _call(item: JsonObject) -> Call | None:
    kind = {"function_call": "function", "custom_tool_call": "custom"}.get(str(item.get("type")))
    if kind is None:
        return None
    told = item.get("arguments") if kind == "function" else item.get("input")
    return Call(call_id=item.get("call_id"), name=str(item.get("name") or ""), arguments=str(told or ""), kind=kind)


def _ending(ending: ev.Ending | None) -> str:
    match ending:
        case ev.Completed():
            return COMPLETED
        case ev.Incomplete():
            return f"incomplete:{ending.reason}"
        case ev.Failed():
            return FAILED
        case None:
            return UNFINISHED


def _call_differences(expected: tuple[Call, ...], got: tuple[Call, ...]) -> list[str]:
    if len(expected) != len(got):
        return [_words("number of tool calls", len(expected), len(got))]
    found = []
    for index, (left, right) in enumerate(zip(expected, got, strict=True)):
        for name in ("call_id", "name", "arguments", "kind"):
            wanted, told = getattr(left, name), getattr(right, name)
            filled = not wanted and bool(told) and name == "call_id"  # clients need one
            filled = filled or (name == "arguments" and (wanted, told) == ("", "{}"))  # clients parse it as JSON
            if wanted != told and not filled:
                found.append(_words(f"tool call {index} {name}", wanted, told))
    return found


def _parsed(call: Call) -> Call:
    """The call with its arguments in one spelling of their JSON."""
    try:
        value = msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return call
    return replace(call, arguments=msgspec.json.encode(value).decode())


def _words(name: str, expected: object, got: object) -> str:
    return f"{name}: expected {_short(expected)}, got {_short(got)}"


def _short(value: object) -> str:
    text = repr(value)
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    half = _SHOWN_CHARACTERS // 2
    return f"{text[:half]}…{text[-half:]} ({len(text)} characters)"
