"""Contents as turns: order, ids, signatures."""

import base64
from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, Image, Text, Thinking, ToolCall, ToolResult
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.contents import parse_contents, parse_instructions
from codex_proxy.protocols.gemini.signing import write_signature

SEALED = write_signature("gAAAA", origin=None, item_id="rs_1")
SENTINEL = "skip_thought_signature_validator"


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def model(*parts: Any) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def call(name: str, call_id: str | None = None, **args: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, "args": args} | ({"id": call_id} if call_id else {})}


def answer(name: str, output: str, call_id: str | None = None) -> dict[str, Any]:
    told = {"name": name, "response": {"output": output}}
    return {"functionResponse": told | ({"id": call_id} if call_id else {})}


def turns(*contents: Any) -> list[Turn]:
    return list(parse_contents(list(contents), "contents")[0])


def paired(*contents: Any) -> list[tuple[str, str]]:
    """Each result's text with the arguments of the call it answers."""
    blocks = [block for turn in turns(*contents) for block in turn.blocks]
    calls = {block.call_id: block.arguments for block in blocks if isinstance(block, ToolCall)}
    results = [block for block in blocks if isinstance(block, ToolResult)]
    return [(calls[block.call_id], part.text) for block in results for part in block.parts if isinstance(part, Text)]


@pytest.mark.parametrize(
    "contents", ["hi", {"text": "hi"}, {"parts": {"text": "hi"}}, [{"parts": ["hi"]}], ["hi"], [user({"text": "hi"})]]
)
def test_loose_forms_of_one_question(contents: Any) -> None:
    assert parse_contents(contents, "contents")[0] == (Turn(role=Role.USER, blocks=(Text(text="hi"),)),)


def test_order_is_content() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    told = turns(
        model(call("f", "a")),
        {"role": "function", "parts": [answer("f", "1", "a"), picture, {"text": "see"}]},
        user({"text": "more"}),
    )
    assert [turn.role for turn in told] == [Role.ASSISTANT, Role.TOOL, Role.USER, Role.USER]
    assert told[2].blocks == (Image(source=DataSource(media_type="image/png", data="aGk=")), Text(text="see"))


def test_calls_without_ids_are_counted_over_the_whole_request() -> None:
    told = paired(
        user({"text": "x"}),
        model(call("f", n=1), call("f", n=2), call("g", n=3)),
        user(answer("g", "third"), answer("f", "first"), answer("f", "second")),
        model(call("f", n=4)),
        user(answer("f", "fourth")),
    )
    assert told == [('{"n":3}', "third"), ('{"n":1}', "first"), ('{"n":2}', "second"), ('{"n":4}', "fourth")]


def test_ids_are_honoured_and_unknown_ones_go_by_name() -> None:
    told = paired(
        model(call("f", "a", n=1), call("f", "b", n=2)), user(answer("f", "2", "b"), answer("f", "1", "unheard-of"))
    )
    assert told == [('{"n":2}', "2"), ('{"n":1}', "1")]


def test_a_result_without_its_call_keeps_its_id() -> None:
    (turn,) = turns(user(answer("read_file", "x", "read_file_1")))
    (block,) = turn.blocks
    assert isinstance(block, ToolResult)
    assert (block.call_id, block.name) == ("read_file_1", "read_file")


def test_a_signature_stands_before_its_call_with_the_thoughts_that_led_to_it() -> None:
    (turn,) = turns(
        model({"text": "hm", "thought": True}, {**call("f", "a"), "thoughtSignature": SEALED}, call("g", "b"))
    )
    assert turn.blocks == (
        Thinking(summary=("hm",), signature="gAAAA", item_id="rs_1"),
        ToolCall(call_id="a", name="f", arguments="{}"),
        ToolCall(call_id="b", name="g", arguments="{}"),
    )


def test_a_signature_survives_the_sdks_own_base64() -> None:
    raw = base64.b64decode(SEALED)
    echoed = base64.urlsafe_b64encode(raw).decode()
    (turn,) = turns(model({"text": "hi", "thought_signature": echoed}))
    assert turn.blocks == (Thinking(signature="gAAAA", item_id="rs_1"), Text(text="hi"))


def test_geminis_own_signature_stays_verbatim_under_its_origin() -> None:
    (turn,) = turns(model({"text": "hi", "thoughtSignature": "EpID+/8="}))
    assert turn.blocks[0] == Thinking(signature="EpID+/8=", origin="gemini")


@pytest.mark.parametrize("told", [SENTINEL, base64.b64encode(SENTINEL.encode()).decode(), ""])
def test_a_stand_in_is_no_signature(told: str) -> None:
    (turn,) = turns(model({**call("f", "a"), "thoughtSignature": told}))
    assert turn.blocks == (ToolCall(call_id="a", name="f", arguments="{}"),)


def test_the_chunks_of_a_streamed_answer_are_one_turn_again() -> None:
    """SDK chats keep each chunk as a content; ours closes with an empty signed part."""
    told = turns(
        user({"text": "x"}),
        model({"text": "Hel"}),
        model({"text": "lo"}),
        model({"text": "", "thoughtSignature": SEALED}),
        user({"text": "y"}),
    )
    assert [turn.role for turn in told] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert told[1].blocks == (Thinking(signature="gAAAA", item_id="rs_1"), Text(text="Hello"))


def test_parts_of_one_content_stay_apart() -> None:
    (turn,) = turns(model({"text": "a"}, {"text": "b"}))
    assert turn.blocks == (Text(text="a"), Text(text="b"))


def test_unsigned_thoughts_stay_readable() -> None:
    (turn,) = turns(model({"text": "hm", "thought": True}, {"text": "hi"}))
    assert turn.blocks == (Thinking(summary=("hm",)), Text(text="hi"))


def test_the_thoughts_of_a_streamed_answer_get_the_signature_that_closes_it() -> None:
    (turn,) = turns(
        model({"text": "h", "thought": True}),
        model({"text": "m", "thought": True}),
        model({"text": "hi"}),
        model({"text": "", "thoughtSignature": SEALED}),
    )
    assert turn.blocks == (Thinking(summary=("hm",), signature="gAAAA", item_id="rs_1"), Text(text="hi"))


def test_code_that_google_ran_is_text() -> None:
    (turn,) = turns(
        model(
            {"executableCode": {"language": "PYTHON", "code": "1+1"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        )
    )
    assert turn.blocks == (Text(text="```python\n1+1\n```"), Text(text="OUTCOME_OK:\n2"))


@pytest.mark.parametrize("part", [{"toolCall": {"id": "x"}}, {"tool_response": {}}, {"brandNew": 1}])
def test_what_cannot_be_carried_is_noted_as_lost(part: dict[str, Any]) -> None:
    read, notes = parse_contents([model({"text": "a"}, part)], "contents")
    assert read[0].blocks == (Text(text="a"),)
    (note,) = notes
    assert (note.path, note.weight) == (f"contents[0].parts[1].{next(iter(part))}", Weight.LOSSY)


def test_members_beside_the_content_mean_nothing_here() -> None:
    part = {"fileData": {"fileUri": "https://example.invalid/a.png"}, "videoMetadata": {"fps": 1}, "partMetadata": {}}
    assert parse_contents([user(part)], "contents")[1] == ()


def test_pictures_take_the_detail_of_the_request_unless_they_have_their_own() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    own = {**picture, "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"}}
    (turn,) = parse_contents([user(picture, own)], "contents", detail="low")[0]
    assert [block.detail for block in turn.blocks if isinstance(block, Image)] == ["low", "high"]


@pytest.mark.parametrize(
    ("contents", "path"),
    [
        (None, "contents"),
        ([], "contents"),
        ([7], "contents[0]"),
        ([{"parts": [7]}], "contents[0].parts[0]"),
        ([user({"text": 7})], "contents[0].parts[0].text"),
        ([model({"functionCall": {"args": {}}})], "contents[0].parts[0].functionCall.name"),
        ([model({"function_call": {"name": "f", "args": "x"}})], "contents[0].parts[0].function_call.args"),
    ],
)
def test_errors_name_the_place(contents: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_contents(contents, "contents")
    assert refused.value.path == path


def test_instructions() -> None:
    notes: list[Any] = []
    assert parse_instructions("be brief", "s", notes) == "be brief"
    assert parse_instructions({"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}, "s", notes) == "a\n\nb"
    assert parse_instructions(None, "s", notes) is None
    assert notes == []
    assert parse_instructions({"parts": [{"inlineData": {}}]}, "s", notes) is None
    assert [note.path for note in notes] == ["s.parts[0]"]
