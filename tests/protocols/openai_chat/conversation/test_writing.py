"""Turns as messages that vendors accept."""

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
    UrlSource,
)
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.openai_chat.conversation.reading import parse_messages
from codex_proxy.protocols.openai_chat.conversation.writing import write_messages
from codex_proxy.protocols.openai_chat.schema import ChatProfile

ABLE = ChatProfile(
    custom_tools=True, files=True, audio=True, tool_images=True, developer_role=True, reasoning_echo="reasoning_content"
)
PNG = Image(source=DataSource(media_type="image/png", data="QQ=="))
PNG_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}


def turn(role: Role, *blocks: Block, **members: Any) -> Turn:
    return Turn(role=role, blocks=blocks, **members)


def says(text: str) -> Turn:
    return turn(Role.ASSISTANT, Text(text=text))


def calls(call_id: str, **members: Any) -> ToolCall:
    return ToolCall(call_id=call_id, name="ls", arguments="{}", **members)


def answers(call_id: str, *parts: Any) -> Turn:
    return turn(Role.TOOL, ToolResult(call_id=call_id, parts=parts))


def write(*turns: Turn, profile: ChatProfile | None = None, **members: Any) -> list[dict[str, Any]]:
    request = Request(dialect=Dialect.OPENAI_RESPONSES, model="m", turns=turns, **members)
    return write_messages(request, profile or ChatProfile())[0]


def notes(*turns: Turn, profile: ChatProfile | None = None) -> list[str]:
    request = Request(dialect=Dialect.OPENAI_RESPONSES, model="m", turns=turns)
    return [note.path for note in write_messages(request, profile or ChatProfile())[1]]


def wire_call(call_id: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "ls", "arguments": "{}"}}


def test_items_of_one_answer_become_one_message() -> None:
    made = write(
        turn(Role.ASSISTANT, Thinking(summary=("why",))),
        says("let me look"),
        turn(Role.ASSISTANT, calls("a")),
        turn(Role.ASSISTANT, calls("b")),
        answers("a", Text(text="1")),
        answers("b", Text(text="2")),
        says("done"),
        says("really"),
        profile=ABLE,
    )
    assert made == [
        {
            "role": "assistant",
            "content": "let me look",
            "reasoning_content": "why",
            "tool_calls": [wire_call("a"), wire_call("b")],
        },
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "assistant", "content": "done"},
        {"role": "assistant", "content": "really"},
    ]


def test_a_tools_pictures_come_after_all_results() -> None:
    made = write(
        turn(Role.ASSISTANT, calls("a"), calls("b")),
        answers("a", Text(text="shot"), PNG),
        answers("b", PNG),
        turn(Role.USER, Text(text="and?")),
    )
    assert made[1:] == [
        {"role": "tool", "tool_call_id": "a", "content": "shot"},
        {"role": "tool", "tool_call_id": "b", "content": "(The result is in the user message after the tool results.)"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Result of tool call a:"},
                PNG_PART,
                {"type": "text", "text": "Result of tool call b:"},
                PNG_PART,
            ],
        },
        {"role": "user", "content": "and?"},
    ]


def test_a_vendor_that_reads_pictures_of_tools_gets_them_there() -> None:
    made = write(answers("a", Text(text="shot"), PNG), profile=ABLE)
    assert made == [{"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "shot"}, PNG_PART]}]


def test_instructions_lead_and_developers_speak_where_the_vendor_knows_them() -> None:
    turns = (turn(Role.DEVELOPER, Text(text="b")), turn(Role.USER, Text(text="c")), turn(Role.SYSTEM, Text(text="d")))
    assert [message["role"] for message in write(*turns, instructions="a")] == ["system", "system", "user", "system"]
    assert [message["role"] for message in write(*turns, profile=ABLE)] == ["developer", "user", "system"]


def test_a_vendor_with_one_leading_instruction() -> None:
    turns = (turn(Role.USER, Text(text="b")), turn(Role.SYSTEM, Text(text="c")))
    single = ChatProfile(single_system=True)
    assert write(*turns, instructions="a", profile=single) == [
        {"role": "system", "content": "a\n\nc"},
        {"role": "user", "content": "b"},
    ]
    assert notes(*turns, profile=single) == ["messages"]
    assert notes(turn(Role.SYSTEM, Text(text="a")), turns[0], profile=single) == []
    assert notes(turns[0], profile=single) == []


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (Image(source=UrlSource(url="https://x"), detail="low"), {"url": "https://x", "detail": "low"}),
        (Image(source=UrlSource(url="https://x"), detail="original"), {"url": "https://x", "detail": "high"}),
    ],
)
def test_pictures_keep_their_detail(block: Image, part: dict[str, str]) -> None:
    assert write(turn(Role.USER, block))[0]["content"] == [{"type": "image_url", "image_url": part}]


def test_files_and_sound_for_vendors_that_read_them() -> None:
    pdf = File(source=DataSource(media_type="application/pdf", data="QQ=="), filename="a.pdf")
    blocks = (pdf, File(source=FileIdSource(file_id="file-1")), Audio(data="QQ==", encoding="wav"))
    assert write(turn(Role.USER, *blocks), profile=ABLE)[0]["content"] == [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
    ]


@pytest.mark.parametrize(
    ("role", "block", "profile"),
    [
        (Role.USER, PNG, ChatProfile(images=False)),
        (Role.USER, File(source=UrlSource(url="https://x")), ChatProfile()),
        (Role.USER, Audio(data="QQ==", encoding="wav"), ChatProfile()),
        (Role.USER, Image(source=FileIdSource(file_id="file-1")), ABLE),
        (Role.ASSISTANT, PNG, ABLE),
    ],
)
def test_content_the_vendor_cannot_read_is_refused_by_name(role: Role, block: Block, profile: ChatProfile) -> None:
    with pytest.raises(Unsupported) as error:
        write(turn(Role.USER, Text(text="a")), turn(role, block), profile=profile)
    assert error.value.path == "messages[1].content[0]"


def test_free_text_calls_are_disguised_where_needed() -> None:
    custom = turn(Role.ASSISTANT, ToolCall(call_id="a", name="patch", arguments="*** End", kind=ToolKind.CUSTOM))
    [plain] = write(custom)
    assert plain["tool_calls"][0]["function"] == {"name": "patch", "arguments": '{"input":"*** End"}'}
    [own] = write(custom, profile=ABLE)
    assert own["tool_calls"] == [{"id": "a", "type": "custom", "custom": {"name": "patch", "input": "*** End"}}]


def test_what_has_no_meaning_for_a_vendor_is_noted() -> None:
    hosted = Hosted(kind="web_search_call", item={})
    foreign = Opaque(dialect=Dialect.GEMINI, payload={})
    assert notes(turn(Role.ASSISTANT, hosted, foreign), turn(Role.USER, foreign, Text(text="x"))) == [
        "messages[0].content[0]",
        "messages[0].content[1]",
        "messages[1].content[0]",
    ]
    request = Request(dialect=Dialect.CODEX, model="m", turns=(turn(Role.ASSISTANT, Thinking(summary=("why",))),))
    assert [note.weight for note in write_messages(request, ChatProfile())[1]] == [Weight.COSMETIC]


def test_what_another_upstream_ran_is_told_in_words_if_there_are_any() -> None:
    search = Hosted(kind="web_search_call", item={}, retold="Searched: q")
    assert write(turn(Role.ASSISTANT, search)) == [{"role": "assistant", "content": "Searched: q"}]
    asked = Request(dialect=Dialect.ANTHROPIC, model="m", turns=(turn(Role.ASSISTANT, search),))
    assert [note.weight for note in write_messages(asked, ChatProfile())[1]] == [Weight.COSMETIC]


def test_a_part_of_this_dialect_goes_back_as_it_came() -> None:
    payload = {"type": "hologram", "x": 1}
    own = Opaque(dialect=Dialect.OPENAI_CHAT, payload=payload)
    assert write(turn(Role.USER, own))[0]["content"] == [payload]


def test_members_without_meaning_go_on_to_vendors_of_this_dialect_only() -> None:
    marked = Text(text="a", extra={"cache_control": {"type": "ephemeral"}})
    turns = (
        turn(Role.SYSTEM, marked),
        turn(Role.USER, marked),
        turn(Role.ASSISTANT, Text(text="b"), extra={"prefix": True}),
    )
    part = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    own = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=turns)
    assert write_messages(own, ChatProfile())[0] == [
        {"role": "system", "content": [part]},
        {"role": "user", "content": [part]},
        {"role": "assistant", "content": "b", "prefix": True},
    ]
    assert write(*turns) == [
        {"role": "system", "content": "a"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
    ]


def test_what_is_written_is_read_back() -> None:
    turns = (
        turn(Role.SYSTEM, Text(text="be brief")),
        turn(Role.USER, Text(text="a"), PNG, Text(text="b"), name="ann"),
        turn(Role.ASSISTANT, Thinking(summary=("why",)), Text(text="x"), Refusal(text="no"), calls("a")),
        turn(Role.TOOL, ToolResult(call_id="a", parts=(Text(text="1"),))),
        turn(Role.ASSISTANT, ToolCall(call_id="b", name="patch", arguments="*** End", kind=ToolKind.CUSTOM)),
        turn(Role.TOOL, ToolResult(call_id="b", parts=(Text(text="2"), PNG), kind=ToolKind.CUSTOM, plain=False)),
    )
    assert parse_messages(write(*turns, profile=ABLE), "messages", {}) == (turns, ())
