from typing import Any

import pytest

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    DataSource,
    File,
    Hosted,
    Image,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolKind,
    ToolResult,
    UrlSource,
)
from codex_proxy.canonical.notes import Verdict, Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.anthropic.asking.messages import Messages
from codex_proxy.protocols.anthropic.hosted import search_item
from codex_proxy.protocols.anthropic.schema import AnthropicProfile
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.parts.names import NameMap

HI = Turn(role=Role.USER, blocks=(Text(text="hi"),))
CALL = ToolCall(call_id="c1", name="f", arguments='{"a":1}')
RESULT = ToolResult(call_id="c1", parts=(Text(text="ok"),))
THOUGHT = Thinking(summary=("T",), signature="EuwJ", origin="anthropic")


def turn(role: Role, *blocks: Block) -> Turn:
    return Turn(role=role, blocks=blocks)


def write(*turns: Turn, thinks: bool = True, **profile: Any) -> Messages:
    return Messages(turns, AnthropicProfile(**profile), NameMap(()), thinks=thinks)


def said(*blocks: Block) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = write(HI, turn(Role.ASSISTANT, *blocks)).messages[-1]["content"]
    return content


def test_roles_alternate_whatever_came_in() -> None:
    made = write(HI, HI, turn(Role.ASSISTANT, Text(text="a")), turn(Role.ASSISTANT, CALL), turn(Role.TOOL, RESULT), HI)
    assert [message["role"] for message in made.messages] == ["user", "assistant", "user"]
    assert [len(message["content"]) for message in made.messages] == [2, 2, 2]


def test_results_open_their_message() -> None:
    made = write(HI, turn(Role.ASSISTANT, CALL), HI, turn(Role.TOOL, RESULT))
    assert [block["type"] for block in made.messages[-1]["content"]] == ["tool_result", "text"]


def test_the_user_begins() -> None:
    made = write(turn(Role.ASSISTANT, Text(text="a")), HI)
    assert made.messages[0] == {
        "role": "user",
        "content": [{"type": "text", "text": "(The conversation begins with the assistant.)"}],
    }
    assert [note.verdict for note in made.notes] == [Verdict.INVENTED]


def test_a_conversation_without_content_has_no_messages() -> None:
    assert write(turn(Role.USER, Text(text=" "))).messages == []


def test_calls_and_results() -> None:
    free = ToolCall(call_id="c:2", name="p", arguments="*** Begin", kind=ToolKind.CUSTOM)
    assert said(CALL, free) == [
        {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
        {"type": "tool_use", "id": "c_2", "name": "p", "input": {"input": "*** Begin"}},
    ]
    failed = ToolResult(
        call_id="c:2", parts=(Text(text="x"), Image(source=UrlSource(url="https://a.example/x.png"))), is_error=True
    )
    (block,) = write(turn(Role.TOOL, failed)).messages[0]["content"]
    assert (block["tool_use_id"], block["is_error"]) == ("c_2", True)
    assert [part["type"] for part in block["content"]] == ["text", "image"]


def test_names_within_the_vendors_limits() -> None:
    named = Messages(
        (HI, turn(Role.ASSISTANT, ToolCall(call_id="c", name="a.b", arguments=""))),
        AnthropicProfile(),
        NameMap(["a.b"]),
        thinks=True,
    )
    assert named.messages[1]["content"][0] == {"type": "tool_use", "id": "c", "name": "a_b", "input": {}}


def test_arguments_that_are_no_object_are_wrapped_with_a_note() -> None:
    made = write(HI, turn(Role.ASSISTANT, ToolCall(call_id="c", name="f", arguments="{oops")))
    assert made.messages[1]["content"][0]["input"] == {"arguments": "{oops"}
    assert [(note.path, note.weight) for note in made.notes] == [("messages[1].content[0]", Weight.LOSSY)]


def test_thoughts_go_back_only_with_the_vendors_own_signature() -> None:
    redacted = Thinking(signature="Eqk=", origin="anthropic", redacted=True)
    foreign = Thinking(summary=("x",), signature="gAAAA")
    made = write(HI, turn(Role.ASSISTANT, THOUGHT, redacted, foreign, Thinking(summary=("y",)), CALL))
    assert made.messages[1]["content"][:-1] == [
        {"type": "thinking", "thinking": "T", "signature": "EuwJ"},
        {"type": "redacted_thinking", "data": "Eqk="},
    ]
    assert [note.path for note in made.notes] == ["messages[1].content[2]", "messages[1].content[3]"]
    assert write(HI, turn(Role.ASSISTANT, THOUGHT), thinks=False).messages == write(HI).messages


def test_whether_the_calls_being_answered_lack_a_thought() -> None:
    answered = turn(Role.TOOL, RESULT)
    assert write(HI, turn(Role.ASSISTANT, CALL), answered).lacks_thought
    assert not write(HI, turn(Role.ASSISTANT, THOUGHT, CALL), answered).lacks_thought
    assert not write(HI, turn(Role.ASSISTANT, CALL), answered, turn(Role.ASSISTANT, Text(text="x")), HI).lacks_thought
    assert not write(HI).lacks_thought
    assert not write().lacks_thought


def test_instructions_in_mid_conversation_keep_their_place() -> None:
    made = write(HI, turn(Role.DEVELOPER, Text(text="be kind")), turn(Role.SYSTEM, Text(text="")))
    assert made.messages[0]["content"][1] == {
        "type": "text",
        "text": "<system-reminder>\nbe kind\n</system-reminder>",
    }
    assert [note.verdict for note in made.notes] == [Verdict.APPROXIMATED]
    able = write(HI, turn(Role.SYSTEM, Text(text="be kind")), system_messages=True)
    assert able.messages[1] == {"role": "system", "content": [{"type": "text", "text": "be kind"}]}
    assert able.notes == []


def test_a_refusal_is_a_text_and_empty_texts_go() -> None:
    assert said(Refusal(text="no"), Text(text="\n")) == [{"type": "text", "text": "no"}]


def test_what_other_upstreams_ran_is_noted() -> None:
    item = Hosted(kind="web_search_call", item={})
    made = write(HI, turn(Role.ASSISTANT, item, Opaque(dialect="gemini", payload={})))
    assert len(made.messages) == 1
    assert [note.weight for note in made.notes] == [Weight.LOSSY, Weight.LOSSY]


def test_what_the_vendor_ran_goes_back_whole() -> None:
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
    page = {"type": "web_search_result", "url": "u", "title": "T", "encrypted_content": "Eo8B", "page_age": "1 day"}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [page]}
    search = Hosted(kind="web_search_call", item=search_item(call, found))
    paused = Hosted(kind="web_search_call", item=search_item(call, None))
    ran = Hosted(kind="mcp_tool_result", item={"type": "mcp_tool_result", "x": 1}, origin="anthropic")
    assert said(search, Text(text="so"), ran, paused) == [call, found, {"type": "text", "text": "so"}, ran.item, call]


def test_a_search_of_another_upstream_is_told_in_words() -> None:
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}}
    told = Hosted(kind="web_search_call", item=item, retold="Searched: q")
    made = write(HI, turn(Role.ASSISTANT, told))
    assert made.messages[-1]["content"] == [{"type": "text", "text": "Searched: q"}]
    assert [(note.verdict, note.weight) for note in made.notes] == [(Verdict.APPROXIMATED, Weight.COSMETIC)]
    own = Hosted(kind="web_search_call", item=item | {"id": "srvtoolu_1"}, retold="Searched: q")
    able, unable = (write(HI, turn(Role.ASSISTANT, own), web_search=able) for able in (True, False))
    assert [message.messages[-1]["content"][0]["type"] for message in (able, unable)] == ["server_tool_use", "text"]


def test_parts_of_the_family_go_back_as_they_came() -> None:
    block = {"type": "hologram"}
    assert said(Opaque(dialect="anthropic", payload=block)) == [block]


def test_sound_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"messages\[0\].content\[0\]: the vendor reads no sound"):
        write(turn(Role.USER, Audio(data="", encoding="wav")))


@pytest.mark.parametrize(
    ("block", "unable"),
    [
        (Image(source=DataSource(media_type="image/png", data="iVBORw0KGgo=")), "images"),
        (Image(source=UrlSource(url="https://a.example/x.png")), "image_links"),
        (File(source=UrlSource(url="https://a.example/x.pdf")), "image_links"),
        (File(source=DataSource(media_type="application/pdf", data="JVBERi0=")), "documents"),
    ],
)
def test_content_the_vendor_cannot_read_is_refused_by_name(block: Image | File, unable: str) -> None:
    assert len(write(turn(Role.USER, block)).messages) == 1
    with pytest.raises(Unsupported) as refused:
        write(turn(Role.USER, block), **{unable: False})
    assert refused.value.path == "messages[0].content[0]"
