"""Secrets that are told piece by piece."""

import json

import pytest

from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.bootstrap.secrecy.streams import redact_deltas

SECRET = "oneLongSecretOfTheOwner0123456789"


def known() -> KnownSecrets:
    secrets = KnownSecrets()
    secrets.learn(SECRET)
    return secrets


def said(*pieces: str) -> str:
    """A stream of chat chunks."""
    frames = [{"id": "c", "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    return "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames) + "data: [DONE]\n\n"


def heard(text: str) -> str:
    frames = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    return "".join(frame["choices"][0]["delta"]["content"] for frame in frames)


@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_pieces_of_a_secret_are_blotted_out(size: int) -> None:
    pieces = [SECRET[at : at + size] for at in range(0, len(SECRET), size)]
    told = redact_deltas(said("it is ", *pieces, ", you see"), known().spans)
    assert heard(told).startswith("it is [redacted]")
    assert heard(told).endswith(", you see")
    assert not any(SECRET[at : at + 8] in heard(told) for at in range(len(SECRET) - 8))
    assert told.endswith("data: [DONE]\n\n")


def test_what_holds_no_secret_stays_as_it_is() -> None:
    for text in (said("nothing", " to see"), "no stream at all", 'data: {"a": 1}\n\ndata: {broken}\n\n', ""):
        assert redact_deltas(text, known().spans) == text


def test_lines_of_json_are_frames_too() -> None:
    lines = "".join(json.dumps({"message": {"content": piece}}) + "\n" for piece in (SECRET[:9], SECRET[9:], " done"))
    told = redact_deltas(lines, known().spans)
    assert [json.loads(line)["message"]["content"] for line in told.splitlines()] == ["[redacted]"] * 2 + [" done"]
