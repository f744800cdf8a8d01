"""The laws of chunking, round trip and legality for Gemini's other form of a stream: a JSON array."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from tests.laws import checks, gemini
from tests.laws.answers import answers, disorders
from tests.laws.dialects import GEMINI, IDS, MODEL

pytestmark = pytest.mark.timeout(600)  # 500 examples, and as many again to make a failing one small

ARRAY = GEMINI.faulty(server=GeminiServer(model=MODEL, verb=Verb.STREAM, sse=False))


@given(events=answers(), cuts=st.lists(st.integers(0, 10_000), max_size=30))
def test_1_chunking(events: list[ev.Event], cuts: list[int]) -> None:
    checks.chunking(ARRAY, ARRAY.written(events), cuts)


@given(raw=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=10))
def test_1_chunking_of_anything(raw: bytes, cuts: list[int]) -> None:
    checks.chunking(ARRAY, b"[{" + raw, cuts)


@given(events=answers())
def test_2_round_trip(events: list[ev.Event]) -> None:
    checks.round_trip(ARRAY, events)


@given(events=disorders())
def test_6_legality(events: list[ev.Event]) -> None:
    stream = ARRAY.server.open_stream(ARRAY.request(), IDS)
    content = b"".join([stream.heartbeat() + stream.encode([event]) for event in events]) + stream.finish()
    gemini.legal([json.dumps(chunk).encode() for chunk in json.loads(content)])
