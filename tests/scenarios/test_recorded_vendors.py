"""Recorded answers of real vendors, handed to a client of the same dialect: byte by byte what the vendor sent."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.transports.scripted import Piece, ScriptedReply
from codex_proxy.vendors.profile import Wire
from scripts.evidence.recording import Form, Recording, read_all
from tests.gateway.scene import Client
from tests.gateway.upstreams.vendor_scene import VendorScene, key

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
WIRES = {
    Dialect.OPENAI_CHAT: Wire.CHAT,
    Dialect.OPENAI_RESPONSES: Wire.RESPONSES,
    Dialect.ANTHROPIC: Wire.ANTHROPIC,
    Dialect.GEMINI: Wire.GEMINI,
}
OURS = {FailureKind.GARBLED, FailureKind.DISCONNECTED}
"""What we say of an answer that the vendor thought to be one."""


def recordings() -> Iterator[Recording]:
    folders = [CORPUS / name for name in ("openai-chat", "openai-responses", "anthropic-messages", "gemini")]
    for read in read_all([folder for folder in folders if folder.exists()]):
        if isinstance(read, Recording) and read.dialect in WIRES and read.form in {Form.STREAM, Form.WHOLE}:
            yield read


def question(dialect: Dialect, *, stream: bool) -> tuple[dict[str, Any], ServerCodec]:
    said = [{"role": "user", "content": "hi"}]
    match dialect:
        case Dialect.OPENAI_CHAT:
            options = {"stream_options": {"include_usage": True}} if stream else {}
            return {"model": "acme-1", "messages": said, "stream": stream, **options}, ChatServer()
        case Dialect.OPENAI_RESPONSES:
            return {"model": "acme-1", "input": "hi", "stream": stream}, ResponsesServer()
        case Dialect.ANTHROPIC:
            return {"model": "acme-1", "max_tokens": 9, "messages": said, "stream": stream}, AnthropicServer()
        case _:
            verb = Verb.STREAM if stream else Verb.GENERATE
            return {"contents": [{"parts": [{"text": "hi"}]}]}, GeminiServer(model="acme-1", verb=verb)


async def passed(recording: Recording) -> tuple[Client, Failure | None]:
    scene = VendorScene(key("k", wire=WIRES[recording.dialect]))
    cuts = random.Random(recording.stem)
    pieces, at = [], 0
    while at < len(recording.raw):
        size = cuts.choice((1, 7, 100, 5000))
        pieces.append(Piece(recording.raw[at : at + size]))
        at += size
    media_type = "text/event-stream" if recording.form is Form.STREAM else "application/json"
    scene.transport.add(ScriptedReply(headers={"content-type": media_type}, body=tuple(pieces)))
    body, codec = question(recording.dialect, stream=recording.form is Form.STREAM)
    return await scene.post(body, codec)


@pytest.mark.recordings
async def test_an_answer_of_the_clients_dialect_arrives_as_it_was_sent() -> None:
    found = tuple(recordings())
    if not found:
        pytest.skip("no recorded traffic: it is kept outside the repository")
    told: dict[str, str] = {}
    whole: list[Dialect] = []
    for recording in found:
        name = f"{recording.path.parent.name}/{recording.stem}"
        client, failure = await passed(recording)
        if client.passed == recording.raw:
            whole.append(recording.dialect)
            continue
        if failure is not None and not client.passed:
            continue  # before any content another key may be asked, so an error of the vendor's is worded anew
        is_broken = isinstance(client.ending, ev.Failed) and client.ending.failure.kind in OURS
        if not (is_broken and recording.raw.startswith(client.passed)):
            told[name] = f"{failure} {client.ending} {client.passed[-80:]!r} instead of {recording.raw[-80:]!r}"
    assert told == {}
    assert set(whole) == set(WIRES)
    assert len(whole) >= 0.95 * len(found)
