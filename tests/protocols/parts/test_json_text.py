"""Whatever bytes come in, an object or one declared error comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts import json_text

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_raise_anything_else(body: bytes) -> None:
    codes = []
    try:
        json_text.decode_object(body)
    except InvalidRequest as error:
        codes.append(error.code)
    assert codes in ([], ["invalid_json"])


@given(st.dictionaries(TEXT, TEXT))
def test_objects_come_back(value: dict[str, str]) -> None:
    assert json_text.decode_object(json_text.encode(value)) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"[1]", "must be a JSON object, not an array"),
        (b'{"a":\n  oops}', "line 2, column"),
        (b'{"a":"\xff"}', "UTF-8"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_each_way_to_be_broken_has_its_sentence(body: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        json_text.decode_object(body)
    assert words in caught.value.reason


def test_a_byte_order_mark_is_no_error() -> None:
    assert json_text.decode_object(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


@pytest.mark.parametrize(
    ("escaped", "expected"),
    [
        (rb"\ud83d\ude00", "\U0001f600"),
        (rb"\ud83d", "�"),
        (rb"\ude00\ud83d", "��"),
        (rb"\u0000", "�"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\\\ud83d", "\\�"),
        (rb"\u00e9", "é"),
    ],
)
def test_lone_surrogates_and_nul_are_replaced_and_nothing_else_is(escaped: bytes, expected: str) -> None:
    assert json_text.decode_object(b'{"a":"' + escaped + b'"}') == {"a": expected}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        (" \n", {}),
        ("null", None),
        ("[1]", None),
        ("{", None),
        ('{"a":"\ud800"}', {"a": "?"}),
    ],
)
def test_an_object_in_a_text(text: str, told: object) -> None:
    assert json_text.object_in(text) == told
