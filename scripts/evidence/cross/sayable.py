"""What each dialect can say of an answer: the fidelity table of answers, as data and pure functions.

Rules of this file: shares nothing with our codecs; a fact that a dialect has no word for is listed here and nowhere
else, so that what is not listed has to arrive.  ``sayable`` turns the facts of an answer into those that a client of
the dialect sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import msgspec

from codex_proxy.canonical.request import Dialect
from scripts.evidence.readers.answer import COMPLETED, FAILED, Answer, Call, Counts
from scripts.evidence.readers.reading import Reading

_LENGTH = "incomplete:max_output_tokens"
_FILTERED = "incomplete:content_filter"
_RAW = "_raw"
_CUT = "stop_sequence"  # an end like any other, and only one dialect has it
_FINISHES = {
    Dialect.OPENAI_CHAT: {
        COMPLETED: ("stop", "tool_calls"),
        _LENGTH: ("length",),
        _FILTERED: ("content_filter",),
    },
    Dialect.ANTHROPIC: {COMPLETED: ("end_turn", "tool_use"), _LENGTH: ("max_tokens",), _FILTERED: ("refusal",)},
    Dialect.OLLAMA: {COMPLETED: ("stop", "stop"), _LENGTH: ("length",)},
}


class Malformed(Enum):
    """What becomes of a function's arguments that are no JSON object."""

    TOLD = "told as they are"
    LOST = "the call stays, what it holds instead is not compared"
    NO_CALL = "the call is none, and the answer failed"
    WRAPPED = "told as one member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one dialect has words for.

    ``endings`` maps those it has a word for, ``other_ending`` is the word for all others, None keeps them;
    ``malformed`` says what becomes of arguments that are no JSON object, ``cached_within_input`` that more cached than
    input tokens, which one vendor counts, cannot be told.
    """

    endings: Mapping[str, str]
    other_ending: str | None = None
    refusals: bool = False
    custom_tools: bool = False
    call_ids: bool = True
    malformed: Malformed = Malformed.TOLD
    cached_and_reasoning_counts: bool = True
    cached_within_input: bool = False
    always_counts: bool = False


WORDS = {
    Dialect.OPENAI_RESPONSES: Words(endings={}, refusals=True, custom_tools=True),
    Dialect.OPENAI_CHAT: Words(
        endings={COMPLETED: COMPLETED, FAILED: FAILED, _LENGTH: _LENGTH, _FILTERED: _FILTERED},
        other_ending=_LENGTH,
        refusals=True,
        custom_tools=True,
    ),
    Dialect.ANTHROPIC: Words(
        endings={
            **{ending: ending for ending in (COMPLETED, FAILED, _FILTERED, "incomplete:max_messages")},
            "incomplete:compaction": "incomplete:compaction",
            "incomplete:steered": COMPLETED,
        },
        other_ending=_LENGTH,
        malformed=Malformed.LOST,
        cached_within_input=True,
        always_counts=True,
    ),
    Dialect.GEMINI: Words(
        endings={COMPLETED: COMPLETED, FAILED: FAILED, _LENGTH: _LENGTH, _FILTERED: _FILTERED},
        other_ending="incomplete:other",
        malformed=Malformed.NO_CALL,
    ),
    Dialect.OLLAMA: Words(
        endings={COMPLETED: COMPLETED, FAILED: FAILED, _LENGTH: _LENGTH},
        other_ending=COMPLETED,
        call_ids=False,
        malformed=Malformed.WRAPPED,
        cached_and_reasoning_counts=False,
        always_counts=True,
    ),
}


def sayable(answer: Answer, target: Dialect) -> Answer:
    """The answer as a client of the target dialect can see it."""
    words = WORDS[target]
    calls = tuple(call for told in answer.calls if (call := _call(told, words)) is not None)
    ending = words.endings.get(answer.ending, words.other_ending or answer.ending)
    if len(calls) < len(answer.calls) and ending == COMPLETED:
        ending = FAILED  # a call that could not be told
    if target is Dialect.ANTHROPIC and answer.refusal and ending == COMPLETED:
        ending = _FILTERED  # the stop reason tells a refusal
    return replace(
        answer,
        text=answer.text if words.refusals else answer.text + answer.refusal,
        refusal=answer.refusal if words.refusals else "",
        calls=calls,
        ending=ending,
        usage=_counts(answer.usage, words, failed=ending == FAILED),
    )


def finish_faults(wanted: Answer, got: Reading, target: Dialect) -> list[str]:
    """The finish reason that clients act on; calls are announced by it where the dialect has a word for that."""
    words = _FINISHES.get(target, {}).get(wanted.ending)
    if words is None:
        return []
    word = words[1] if wanted.calls and wanted.ending == COMPLETED else words[0]
    return [] if got.finish in {word, _CUT} else [f"finish reason: expected {word}, got {got.finish}"]


def _as_lost(wanted: Call, told: Call) -> Call:
    return told if _is_object(wanted.arguments) else replace(told, arguments=wanted.arguments)


def _plain(answer: Answer) -> Answer:
    """The answer without the borders of its thoughts, and with arguments in one spelling of their JSON."""
    thoughts = "".join("".join(answer.reasoning).split())
    calls = tuple(replace(call, arguments=_one_spelling(call.arguments)) for call in answer.calls)
    return replace(answer, reasoning=(thoughts,) if thoughts else (), calls=calls, hosted=())


def _call(call: Call, words: Words) -> Call | None:
    told = call
    if call.kind == "custom" and not words.custom_tools:
        told = replace(call, kind="function", arguments=_json({"input": call.arguments}))
    elif call.kind == "function" and not _is_object(call.arguments):
        if words.malformed is Malformed.NO_CALL:
            return None
        if words.malformed is Malformed.WRAPPED:
            told = replace(call, arguments=_json({_RAW: call.arguments}))
    return told if words.call_ids else replace(told, call_id=None)


def _counts(usage: Counts | None, words: Words, *, failed: bool) -> Counts | None:
    """Nothing follows an error in a stream."""
    if usage is None or failed:
        return None
    if words.cached_within_input:
        return replace(usage, input=max(usage.input, usage.cached))
    return usage if words.cached_and_reasoning_counts else replace(usage, cached=0, reasoning=0)


def compared(expected: Answer, got: Answer, target: Dialect) -> tuple[Answer, Answer]:
    """Both answers as far as they can be held against each other; ``expected`` is what the upstream said."""
    words = WORDS[target]
    wanted, told = _plain(sayable(expected, target)), _plain(got)
    if wanted.usage is None and (words.always_counts or wanted.ending == FAILED):
        told = replace(told, usage=None)
    if words.malformed is Malformed.LOST and len(wanted.calls) == len(told.calls):
        told = replace(told, calls=tuple(map(_as_lost, wanted.calls, told.calls)))
    return wanted, told


def _is_object(text: str) -> bool:
    return isinstance(_value(text or "{}"), dict) or (_value(text) is None and text.strip() in {"", "null"})


def _one_spelling(text: str) -> str:
    value = _value(text or "{}")
    return _json(value) if isinstance(value, dict) else text


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _json(value: Any) -> str:
    return msgspec.json.Encoder(order="sorted").encode(value).decode()
