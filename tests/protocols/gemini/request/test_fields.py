"""Members in either spelling, and errors in the client's."""

import pytest

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.fields import WireFields, each_fields


def test_both_spellings_are_one_member() -> None:
    fields = WireFields({"mime_type": "a/b", "displayName": "n"})
    assert fields.has("mimeType")
    assert fields.take_string("mimeType") == "a/b"
    assert fields.take_string("displayName") == "n"
    assert fields.told() == {}


def test_of_two_spellings_the_camel_case_one_holds() -> None:
    assert WireFields({"mime_type": "a/b", "mimeType": "c/d"}).take_string("mimeType") == "c/d"
    assert WireFields({"mime_type": "a/b", "mimeType": None}).take_string("mimeType") == "a/b"


@pytest.mark.parametrize(
    ("told", "path"), [("thinking_budget", "c.thinking_budget"), ("thinkingBudget", "c.thinkingBudget")]
)
def test_an_error_names_the_member_as_the_client_spelt_it(told: str, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        WireFields({told: "x"}, "c").take_integer("thinkingBudget")
    assert refused.value.path == path


def test_a_taken_member_keeps_its_spelling() -> None:
    fields = WireFields({"inline_data": {"data": 1}}, "p")
    inner = fields.take_fields("inlineData")
    assert inner is not None
    assert (inner.path, fields.at("inlineData")) == ("p.inline_data", "p.inline_data")


@pytest.mark.parametrize(("told", "read"), [(7, 7), ("7", 7), ("-1", -1), (3.0, 3), (None, None)])
def test_whole_numbers_may_be_text(told: object, read: int | None) -> None:
    assert WireFields({"seed": told}).take_integer("seed") == read


@pytest.mark.parametrize("told", ["x", "--1", "²", "1.5", True, [], 1.5])
def test_other_text_is_no_number(told: object) -> None:
    with pytest.raises(InvalidRequest):
        WireFields({"seed": told}).take_integer("seed")


def test_what_nobody_took_is_told_without_nulls() -> None:
    assert WireFields({"new_one": 1, "other": None}).told() == {"new_one": 1}


def test_objects_of_a_list_know_their_place() -> None:
    assert [fields.path for fields in each_fields([{}, {}], "tools")] == ["tools[0]", "tools[1]"]
    with pytest.raises(InvalidRequest, match=r"tools\[1\]: expected an object, got a string"):
        list(each_fields([{}, "x"], "tools"))


@pytest.mark.parametrize("told", ["response_json_schema", "responseJsonSchema"])
def test_names_of_several_words(told: str) -> None:
    assert WireFields({told: {}, "_x_": 1}).take_object("responseJsonSchema") == {}


def test_members_without_a_meaning_keep_their_spelling() -> None:
    fields = WireFields({"_own": 1, "x_y": 2, "xZ": 3, "a_1": 4}, "p")
    assert fields.told() == {"_own": 1, "x_y": 2, "xZ": 3, "a_1": 4}
    assert [fields.at(name) for name in fields.told()] == ["p._own", "p.x_y", "p.xZ", "p.a_1"]
