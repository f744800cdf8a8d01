"""Sound: transcriptions of it, and speech.

Rules of this file: pure; a transcription tells how much it heard and its digest, so that a test can tell that the bytes
came through; speech hangs on what is to be said.  Source: OpenAI API reference, audio; the WAVE format of RIFF.
"""

import hashlib
import struct
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.base import EVENT_STREAM, HeaderPairs, InvalidRequest, WireReply
from codex_proxy.protocols.openai_images.form import FormPart
from codex_proxy.protocols.parts.json_text import encode

SPEECH_BYTES: Final = 4096
PIECE_BYTES: Final = 1024
_TYPES: Final = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
_SAMPLES_PER_SECOND: Final = 24_000
_FORMS: Final = frozenset({"json", "text", "srt", "vtt", "verbose_json", "diarized_json"})
_LENGTH_SECONDS: Final = 1.0


class Speech(msgspec.Struct, frozen=True, kw_only=True):
    """Spoken words: headers, and pieces that leave one after the other."""

    headers: HeaderPairs
    pieces: list[bytes]


def transcription(parts: tuple[FormPart, ...]) -> WireReply:
    """The words of an uploaded sound, in the form that is asked for.

    Raises:
        InvalidRequest: there is no sound, or an unknown form.
    """
    fields = {part.name: part.content for part in parts}
    if "file" not in fields:
        raise InvalidRequest("file", "is missing")
    form = fields.get("response_format", b"json").decode("utf-8", "replace")
    if form not in _FORMS:
        raise InvalidRequest("response_format", f"expected one of {', '.join(sorted(_FORMS))}")
    text = heard(fields["file"])
    if fields.get("stream", b"").lower() in {b"true", b"1"}:
        return _streamed(text)
    if form in {"json", "verbose_json", "diarized_json"}:
        told: JsonObject = {"text": text}
        if form == "verbose_json":
            segment = {"id": 0, "start": 0.0, "end": _LENGTH_SECONDS, "text": text}
            told |= {"task": "transcribe", "language": "english", "duration": _LENGTH_SECONDS, "segments": [segment]}
        return WireReply(status=200, body=encode(told))
    return WireReply(
        status=200, body=_timed(form, text).encode(), headers=(("content-type", "text/plain; charset=utf-8"),)
    )


def heard(sound: bytes) -> str:
    """What is made of a sound."""
    return f"I heard {len(sound)} bytes with the digest {hashlib.sha256(sound).hexdigest()[:16]}."


def speech(body: JsonObject) -> Speech:
    """A text as sound.

    Raises:
        InvalidRequest: there is no text, or an unknown form.
    """
    text, form = body.get("input"), body.get("response_format", "mp3")
    if not isinstance(text, str) or not text:
        raise InvalidRequest("input", "expected a text")
    if form not in _TYPES:
        raise InvalidRequest("response_format", f"expected one of {', '.join(sorted(_TYPES))}")
    sound = spoken(text, form)
    pieces = [sound[at : at + PIECE_BYTES] for at in range(0, len(sound), PIECE_BYTES)]
    return Speech(headers=(("content-type", _TYPES[form]),), pieces=pieces)


def spoken(text: str, form: str = "mp3") -> bytes:
    """The bytes of a text as sound; of WAVE a whole file, of other forms as many bytes of nothing in particular."""
    digest = hashlib.sha256(text.encode()).digest()
    noise = digest * (SPEECH_BYTES // len(digest))
    return _wave(noise) if form == "wav" else noise


def _streamed(text: str) -> WireReply:
    words = text.split(" ")
    events: list[JsonObject] = [
        {"type": "transcript.text.delta", "delta": word if place == 0 else f" {word}"}
        for place, word in enumerate(words)
    ]
    events.append({"type": "transcript.text.done", "text": text})
    frames = b"".join(encode_frame(encode(event), str(event["type"])) for event in events)
    return WireReply(status=200, body=frames, headers=(("content-type", EVENT_STREAM),))


def _timed(form: str, text: str) -> str:
    match form:
        case "srt":
            return f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n"
        case "vtt":
            return f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n"
        case _:
            return f"{text}\n"


def _wave(samples: bytes) -> bytes:
    """One channel of 16 bits."""
    form = struct.pack("<HHIIHH", 1, 1, _SAMPLES_PER_SECOND, 2 * _SAMPLES_PER_SECOND, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
