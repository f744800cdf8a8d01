"""Answers in the words that OpenAI's completion dialects share: counts, endings, the stream's last frame.

Source: OpenAI API reference, chat completions and completions.
"""

from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import encode_comment, encode_frame
from codex_proxy.protocols.parts.errors.openai_errors import error_object
from codex_proxy.protocols.parts.json_text import encode

DONE: Final = encode_frame(b"[DONE]")
HEARTBEAT: Final = encode_comment("ping")

_INCOMPLETE: Final = {
    "max_output_tokens": "length",
    "max_messages": "length",
    "content_filter": "content_filter",
    "steered": "stop",
}


def ending_word(ending: ev.Completed | ev.Incomplete) -> str:
    """The wire's ``finish_reason`` of an answer that calls no tool."""
    return _INCOMPLETE.get(ending.reason, "length") if isinstance(ending, ev.Incomplete) else "stop"


def unworded(ending: ev.Completed | ev.Incomplete) -> str | None:
    """The reason for which the answer was cut, where the wire has no word for it."""
    return ending.reason if isinstance(ending, ev.Incomplete) and ending.reason not in _INCOMPLETE else None


def error_frames(failure: Failure) -> bytes:
    """The error frame and the terminator; SDKs raise at the frame, naive readers need the terminator."""
    return encode_frame(encode({"error": error_object(failure)})) + DONE


def usage_object(usage: Usage) -> JsonObject:
    """Token counts in the wire's shape."""
    prompt: JsonObject = {"cached_tokens": usage.cached_tokens, "audio_tokens": 0}
    if usage.cache_write_tokens is not None:
        prompt["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
