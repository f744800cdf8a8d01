"""Failures as one sentence, and servers' sentences as failures."""

import json

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind, rule_of
from codex_proxy.protocols.ollama.errors import (
    NOT_SUPPORTED,
    error_body,
    error_reply,
    parse_server_failure,
    plain_text,
    read_error,
)


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_is_a_sentence_with_a_status(kind: FailureKind) -> None:
    failure = Failure(kind=kind, message="it did not work", retry_after_seconds=3)
    reply = error_reply(failure)
    assert reply.status == rule_of(failure).client_status
    assert json.loads(reply.body) == {"error": "it did not work"}
    assert dict(reply.headers)["retry-after"] == "3"


def test_an_unknown_model_is_named_in_the_words_that_clients_look_for() -> None:
    failure = Failure(kind=FailureKind.MODEL_NOT_FOUND, message="did you mean gpt-5.4?")
    assert json.loads(error_body(failure, model="gpt-9")) == {"error": "model 'gpt-9' not found: did you mean gpt-5.4?"}


def test_what_no_bridge_can_do_is_501() -> None:
    failure = Failure(kind=FailureKind.INVALID_REQUEST, message="no embeddings here", code=NOT_SUPPORTED)
    assert error_reply(failure).status == 501


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("plain words", "plain words"),
        ('{"error": {"message": "inner words", "code": 5}}', "inner words"),
        ('{"error": "inner words"}', "inner words"),
        ('{"detail": 5}', 'the upstream said: {"detail": 5}'),
        ("500", "the upstream said: 500"),
        ("[", "["),
    ],
)
def test_no_json_stands_in_a_string(message: str, text: str) -> None:
    """ollama-python parses the text of an error as JSON and wants an object in it, if it is JSON."""
    assert plain_text(message) == text
    assert plain_text(text) == text


@pytest.mark.parametrize(
    ("status", "words", "kind", "param"),
    [
        (404, "model 'x:latest' not found", FailureKind.MODEL_NOT_FOUND, None),
        (404, "404 page not found", FailureKind.INVALID_REQUEST, None),
        (400, '"qwen2.5" does not support thinking', FailureKind.UNSUPPORTED_PARAMETER, "think"),
        (400, "registry.ollama.ai/library/gemma does not support tools", FailureKind.INVALID_REQUEST, None),
        (400, "the input length exceeds the context length", FailureKind.CONTEXT_TOO_LONG, None),
        (503, "server busy, please try again.  maximum pending requests exceeded", FailureKind.OVERLOADED, None),
        (401, "unauthorized", FailureKind.UNAUTHORIZED, None),
        (500, "llama runner process has terminated", FailureKind.UPSTREAM_ERROR, None),
        (None, "an error was encountered while running the model", FailureKind.UPSTREAM_ERROR, None),
    ],
)
def test_sentences_are_classified(status: int | None, words: str, kind: FailureKind, param: str | None) -> None:
    failure = read_error({"error": words}, status=status)
    assert (failure.kind, failure.message, failure.param) == (kind, words, param)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"5", b'{"error":7}', b"\xff", b"[" * 20_000])
def test_a_body_without_words_is_told_by_its_status(body: bytes) -> None:
    failure = parse_server_failure(502, {"retry-after": "7"}, body)
    assert (failure.kind, failure.message) == (FailureKind.UPSTREAM_ERROR, "the server answered with HTTP status 502")
    assert failure.retry_after_seconds == 7


def test_gateways_before_a_server_send_objects() -> None:
    failure = parse_server_failure(429, {"retry-after": "soon"}, b'{"error":{"message":"try again in 2m"}}')
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.RATE_LIMITED, 120)
