"""Objects out of an array, at any borders."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.framing.sse import FrameTooLarge
from codex_proxy.protocols.gemini.decoding.arrays import ObjectDecoder

OBJECTS = [{"a": 'br{ace"s\\'}, {"b": [{}, {"c": "}"}]}, {}, {"d": "é🙂"}]
RAW = b"\n" + json.dumps(OBJECTS, ensure_ascii=False).encode() + b"\n"


@given(cuts=st.lists(st.integers(0, len(RAW)), max_size=12))
def test_any_borders_give_the_same_objects(cuts: list[int]) -> None:
    borders = sorted({0, len(RAW), *cuts})
    decoder = ObjectDecoder()
    frames = [frame for start, end in itertools.pairwise(borders) for frame in decoder.feed(RAW[start:end])]
    assert [json.loads(frame.data) for frame in frames] == OBJECTS


def test_one_object_alone_and_one_that_never_closes() -> None:
    assert [frame.data for frame in ObjectDecoder().feed(b'{"a":1}')] == [b'{"a":1}']
    assert ObjectDecoder().feed(b'[{"a":{}') == []
    assert ObjectDecoder().feed(b"no objects") == []


def test_an_object_may_not_grow_beyond_the_limit() -> None:
    decoder = ObjectDecoder(limit_bytes=8)
    assert len(decoder.feed(b'[{"a":1},{"b":2}')) == 2
    with pytest.raises(FrameTooLarge):
        decoder.feed(b',{"abcdefgh')
