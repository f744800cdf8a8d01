"""Turns as contents for a vendor."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    DataSource,
    File,
    FileIdSource,
    Hosted,
    Image,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolKind,
    ToolResult,
)
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.gemini.building.contents import Writing, write_contents
from codex_proxy.protocols.gemini.request.contents import parse_contents
from codex_proxy.protocols.parts.names import NameMap

STAND_IN = "skip_thought_signature_validator"
OWN = Thinking(summary=("hm",), signature="sig", origin="gemini")
FOREIGN = Thinking(summary=("hm",), signature="gAAAA")


def turn(role: Role, *blocks: Block) -> Turn:
    return Turn(role=role, blocks=blocks)


def user(*blocks: Block) -> Turn:
    return turn(Role.USER, *blocks)


def model(*blocks: Block) -> Turn:
    return turn(Role.ASSISTANT, *blocks)


def call(call_id: str, name: str = "f", arguments: str = "{}", **members: Any) -> ToolCall:
    return ToolCall(call_id=call_id, name=name, arguments=arguments, **members)


def result(call_id: str, *parts: Any, **members: Any) -> Turn:
    told = tuple(Text(text=part) if isinstance(part, str) else part for part in parts)
    return turn(Role.TOOL, ToolResult(call_id=call_id, parts=told, **members))


def written(
    *turns: Turn, instructions: str | None = None, call_ids: bool = True, signed: bool = False, drop: bool = False
) -> tuple[str | None, list[Any], list[str]]:
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=turns, instructions=instructions)
    writing = Writing(NameMap(["a.b"]), call_ids=call_ids, signed=signed, drop_signatures=drop)
    told, contents, notes = write_contents(request, writing)
    return told, contents, [note.path for note in notes]


def test_leading_instructions_are_the_system_instruction() -> None:
    turns = (turn(Role.SYSTEM, Text(text="b")), turn(Role.DEVELOPER, Text(text="c")), user(Text(text="x")))
    told, contents, notes = written(*turns, instructions="a")
    assert told == "a\n\nb\n\nc"
    assert contents == [{"role": "user", "parts": [{"text": "x"}]}]
    assert notes == []


def test_later_instructions_are_the_users_words() -> None:
    _, contents, notes = written(user(Text(text="x")), turn(Role.DEVELOPER, Text(text="y")))
    assert contents == [{"role": "user", "parts": [{"text": "x"}, {"text": "y"}]}]
    assert notes == ["contents[1]"]


def test_roles_alternate_and_every_result_names_its_function() -> None:
    _, contents, notes = written(
        user(Text(text="x")),
        model(Text(text="hi")),
        model(call("1", "a.b", '{"n":1}'), call("2")),
        result("1", "one"),
        result("2", "two", is_error=True),
        user(Text(text="y")),
    )
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert contents[1]["parts"] == [
        {"text": "hi"},
        {"functionCall": {"id": "1", "name": "a_b", "args": {"n": 1}}},
        {"functionCall": {"id": "2", "name": "f", "args": {}}},
    ]
    assert contents[2]["parts"] == [
        {"functionResponse": {"id": "1", "name": "a_b", "response": {"result": "one"}}},
        {"functionResponse": {"id": "2", "name": "f", "response": {"error": "two"}}},
        {"text": "y"},
    ]
    assert notes == []


def test_a_vendor_that_knows_no_ids() -> None:
    _, contents, _ = written(model(call("1")), result("1", "one"), call_ids=False)
    assert contents[0]["parts"][0]["functionCall"].keys() == {"name", "args"}
    assert contents[1]["parts"][0]["functionResponse"].keys() == {"name", "response"}


def test_pictures_of_tools_follow_all_results() -> None:
    picture = Image(source=DataSource(media_type="image/png", data="aGk="))
    _, contents, _ = written(model(call("1"), call("2")), result("1", "see", picture), result("2", "two"))
    kinds = [next(iter(part)) for part in contents[1]["parts"]]
    assert kinds == ["functionResponse", "functionResponse", "inlineData"]


def test_geminis_own_signature_goes_back_where_it_came_from() -> None:
    _, contents, notes = written(user(Text(text="x")), model(OWN, call("1"), call("2")), result("1"), result("2"))
    assert [part.get("thoughtSignature") for part in contents[1]["parts"]] == ["sig", None]
    assert notes == []
    assert written(model(OWN, Text(text="hi")))[1][0]["parts"] == [{"text": "hi", "thoughtSignature": "sig"}]
    assert written(model(Text(text="hi"), OWN), user(Text(text="y")))[1][0]["parts"] == [
        {"text": "hi"},
        {"text": "", "thoughtSignature": "sig"},
    ]
    assert written(model(OWN, OWN, call("1")), result("1"))[1][0]["parts"][0] == {"text": "", "thoughtSignature": "sig"}


@pytest.mark.parametrize("thinking", [FOREIGN, Thinking(summary=("hm",))])
def test_other_thoughts_stay_here_and_the_stand_in_goes_where_one_is_needed(thinking: Thinking) -> None:
    turns = (model(thinking, call("1"), call("2")), result("1"), result("2"), model(call("3")), result("3"))
    _, contents, notes = written(*turns, signed=True)
    signatures = [part.get("thoughtSignature") for content in contents[::2] for part in content["parts"]]
    assert signatures == [STAND_IN, None, STAND_IN]
    assert notes == ["contents[0].parts[0]"]
    assert "thoughtSignature" not in written(*turns)[1][0]["parts"][0]


def test_signatures_that_were_refused_are_left_out() -> None:
    _, contents, _ = written(model(OWN, call("1")), result("1"), signed=True, drop=True)
    assert contents[0]["parts"][0]["thoughtSignature"] == STAND_IN


def test_arguments_are_always_an_object() -> None:
    calls = (call("1", arguments=""), call("2", arguments="[1]"), call("3", arguments="*** x", kind=ToolKind.CUSTOM))
    _, contents, notes = written(model(*calls), *(result(one.call_id) for one in calls))
    args = [part["functionCall"]["args"] for part in contents[0]["parts"]]
    assert args == [{}, {"arguments": "[1]"}, {"input": "*** x"}]
    assert notes == ["contents[0].parts[1].functionCall.args"]


def test_calls_without_results_are_answered() -> None:
    _, contents, notes = written(model(call("1")), user(Text(text="x")))
    assert contents[1]["parts"][0]["functionResponse"]["response"] == {"result": "(no result)"}
    assert notes == ["call 1"]


def test_media_code_and_own_parts() -> None:
    code = Hosted(kind="code_interpreter_call", item={"code": "1"})
    opaque = Opaque(dialect="gemini", payload={"toolCall": {}})
    _, contents, notes = written(
        user(Audio(data="d", encoding="wav"), File(source=DataSource(media_type="a/b", data="d")), Text(text="")),
        model(Refusal(text="no"), code, opaque, Hosted(kind="mcp_call", item={}), Opaque(dialect="ollama", payload={})),
    )
    assert [next(iter(part)) for part in contents[0]["parts"]] == ["inlineData", "inlineData"]
    assert [next(iter(part)) for part in contents[1]["parts"]] == ["text", "executableCode", "toolCall"]
    assert notes == ["contents[1].parts[3]", "contents[1].parts[4]"]


def test_what_another_upstream_ran_is_told_in_words_if_there_are_any() -> None:
    _, contents, notes = written(model(Hosted(kind="web_search_call", item={}, retold="Searched: q")))
    assert contents[-1] == {"role": "model", "parts": [{"text": "Searched: q"}]}
    assert notes == ["contents[0].parts[0]"]


def test_what_the_vendor_cannot_know_is_refused_by_name() -> None:
    with pytest.raises(Unsupported) as refused:
        written(user(Text(text="x"), Image(source=FileIdSource(file_id="file-1"))))
    assert refused.value.path == "contents[0].parts[1]"


def test_members_of_its_own_clients_stay_where_they_stood() -> None:
    told = [
        {"role": "user", "parts": [{"text": "a", "xPart": 1}], "xContent": 2},
        {"role": "model", "parts": [{"functionCall": {"id": "c", "name": "f", "args": {}, "xCall": 3}}]},
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "c", "name": "f", "response": {"result": "b"}, "willContinue": True}}
            ],
        },
    ]
    turns, _ = parse_contents(told, "contents")
    request = Request(dialect=Dialect.GEMINI, model="m", turns=turns)
    names = NameMap(["f"])
    kept = Writing(names, call_ids=True, signed=False, drop_signatures=False, keeps_members=True)
    assert write_contents(request, kept)[1] == told
    plain = Writing(names, call_ids=True, signed=False, drop_signatures=False)
    assert not any(word in str(write_contents(request, plain)[1]) for word in ("xPart", "xContent", "xCall", "will"))


def test_a_file_is_named_to_its_own_clients_vendor() -> None:
    blob = {"mimeType": "application/pdf", "data": "QQ==", "displayName": "a.pdf"}
    turns, _ = parse_contents([{"role": "user", "parts": [{"inlineData": blob}]}], "contents")
    kept = Writing(NameMap([]), call_ids=True, signed=False, drop_signatures=False, keeps_members=True)
    written = write_contents(Request(dialect=Dialect.GEMINI, model="m", turns=turns), kept)[1]
    assert written[0]["parts"] == [{"inlineData": blob}]
