"""Reading untrusted objects: wrong types name their path, unknown members stay."""

import pytest

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type


def test_taken_members_leave_and_unknown_ones_stay() -> None:
    source = {"model": "m", "n": 2, "new": {"x": 1}}
    fields = Fields(source)
    assert (fields.take_string("model"), fields.take_integer("n")) == ("m", 2)
    assert fields.rest() == {"new": {"x": 1}}
    assert source == {"model": "m", "n": 2, "new": {"x": 1}}


def test_null_is_absent() -> None:
    fields = Fields({"model": None})
    assert not fields.has("model")
    assert fields.take_string("model") is None


@pytest.mark.parametrize(
    ("verb", "value", "expected"),
    [
        ("take_string", 3, "a string"),
        ("take_bool", 1, "a boolean"),
        ("take_number", True, "a number"),
        ("take_integer", 1.5, "an integer"),
        ("take_object", [], "an object"),
        ("take_list", {}, "an array"),
        ("need_string", None, "is required"),
    ],
)
def test_a_wrong_type_names_its_path(verb: str, value: object, expected: str) -> None:
    fields = Fields({"outer": {"member": value}}).take_fields("outer")
    assert fields is not None
    with pytest.raises(InvalidRequest) as caught:
        getattr(fields, verb)("member")
    assert caught.value.path == "outer.member"
    assert expected in caught.value.reason


def test_whole_floats_are_integers() -> None:
    assert Fields({"n": 3.0}).take_integer("n") == 3


def test_list_elements_have_their_index_in_the_path() -> None:
    with pytest.raises(InvalidRequest) as caught:
        list(each_object([{}, 4], "messages"))
    assert caught.value.path == "messages[1]"


def test_every_json_type_has_a_word() -> None:
    values: list[object] = [None, True, 1, 1.0, "", [], {}]
    assert [json_type(value) for value in values] == [
        "null",
        "a boolean",
        "a number",
        "a number",
        "a string",
        "an array",
        "an object",
    ]
