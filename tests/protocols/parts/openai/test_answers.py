"""Words that OpenAI's completion dialects share."""

import json

import pytest
from openai.types import CompletionUsage

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.openai_chat.schema import parse_usage
from codex_proxy.protocols.parts.openai.answers import (
    DONE,
    HEARTBEAT,
    ending_word,
    error_frames,
    unworded,
    usage_object,
)


def test_usage_in_the_words_of_the_sdk() -> None:
    usage = Usage(input_tokens=10, cached_tokens=4, cache_write_tokens=2, output_tokens=8, reasoning_tokens=5)
    told = CompletionUsage.model_validate(usage_object(usage))
    assert (told.prompt_tokens, told.completion_tokens, told.total_tokens) == (10, 8, 18)
    assert told.prompt_tokens_details is not None
    assert told.prompt_tokens_details.cached_tokens == 4
    assert told.completion_tokens_details is not None
    assert told.completion_tokens_details.reasoning_tokens == 5
    assert parse_usage(usage_object(usage)) == usage


def test_cache_writes_are_told_only_where_the_upstream_told_them() -> None:
    assert "cache_write_tokens" not in usage_object(Usage())["prompt_tokens_details"]


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        (ev.Completed(), "stop"),
        (ev.Completed(stop_sequence="x"), "stop"),
        (ev.Incomplete(reason="max_output_tokens"), "length"),
        (ev.Incomplete(reason="max_messages"), "length"),
        (ev.Incomplete(reason="content_filter"), "content_filter"),
        (ev.Incomplete(reason="steered"), "stop"),
        (ev.Incomplete(reason="something newer"), "length"),
    ],
)
def test_endings(ending: ev.Completed | ev.Incomplete, word: str) -> None:
    assert ending_word(ending) == word


def test_reasons_without_a_word() -> None:
    assert unworded(ev.Incomplete(reason="something newer")) == "something newer"
    assert unworded(ev.Incomplete(reason="steered")) is unworded(ev.Completed()) is None


def test_an_error_is_a_frame_and_the_terminator() -> None:
    frames = error_frames(Failure(kind=FailureKind.OVERLOADED, message="busy"))
    error, done, nothing = frames.split(b"\n\n")
    assert json.loads(error.removeprefix(b"data: "))["error"]["code"] == "overloaded"
    assert (done, nothing) == (b"data: [DONE]", b"")
    assert (DONE, HEARTBEAT) == (b"data: [DONE]\n\n", b": ping\n\n")
