"""Transcriptions and speech."""

import io
import json
import wave
from typing import Any

import pytest

from codex_proxy.framing.sse import SseDecoder
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_images.form import FormPart
from codex_proxy.simulator.vendors.sound import PIECE_BYTES, heard, speech, spoken, transcription

SOUND = b"RIFF and so on"


def form(**fields: str) -> tuple[FormPart, ...]:
    parts = [FormPart(name=name, content=value.encode()) for name, value in fields.items()]
    return (FormPart(name="file", content=SOUND), *parts)


def test_what_was_heard_tells_the_bytes() -> None:
    assert heard(SOUND) != heard(SOUND + b"!")
    assert json.loads(transcription(form()).body) == {"text": heard(SOUND)}


@pytest.mark.parametrize(
    ("wanted", "beginning"), [("text", "I heard"), ("srt", "1\n00:00"), ("vtt", "WEBVTT"), ("verbose_json", '{"text"')]
)
def test_every_form_of_a_transcription(wanted: str, beginning: str) -> None:
    reply = transcription(form(response_format=wanted))
    assert reply.body.decode().startswith(beginning)
    assert heard(SOUND) in reply.body.decode()


def test_a_streamed_transcription_says_the_same() -> None:
    framer = SseDecoder()
    reply = transcription(form(stream="true"))
    events = [json.loads(frame.data) for frame in (*framer.feed(reply.body), *framer.end())]
    assert "".join(event["delta"] for event in events[:-1]) == events[-1]["text"] == heard(SOUND)


@pytest.mark.parametrize("parts", [(), (FormPart(name="model", content=b"m"),), form(response_format="song")])
def test_what_cannot_be_transcribed(parts: tuple[FormPart, ...]) -> None:
    with pytest.raises(InvalidRequest):
        transcription(parts)


def test_speech_hangs_on_its_text_and_leaves_in_pieces() -> None:
    said = speech({"input": "hello"})
    assert b"".join(said.pieces) == spoken("hello") != spoken("bye")
    assert max(map(len, said.pieces)) == PIECE_BYTES
    assert said.headers == (("content-type", "audio/mpeg"),)
    with wave.open(io.BytesIO(spoken("hello", "wav"))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 24_000)
        assert sound.getnframes() > 0


@pytest.mark.parametrize("body", [{}, {"input": ""}, {"input": "hello", "response_format": "song"}])
def test_what_cannot_be_said(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        speech(body)
