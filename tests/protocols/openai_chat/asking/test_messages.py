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
from codex_proxy.protocols.openai_chat.asking.messages import Telling, write_messages
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.conversation.reading import parse_messages

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


def test_a_vendor_that_calls_no_tools_is_told_what_was_called() -> None:
    talk = (turn(Role.ASSISTANT, Text(text="look"), calls("a")), answers("a", Text(text="1"), PNG), says("so"))
    assert write(*talk, profile=ChatProfile(tools=False)) == [
        {"role": "assistant", "content": "look\n\n[called ls with {}]"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "[result of a]"}, {"type": "text", "text": "1"}, PNG_PART],
        },
        {"role": "assistant", "content": "so"},
    ]
    assert notes(*talk, profile=ChatProfile(tools=False)) == ["messages[0].content[1]", "messages[1].content[0]"]


def test_ids_of_calls_fit_and_still_agree() -> None:
    made = write(turn(Role.ASSISTANT, calls("call_1")), answers("call_1"), profile=ChatProfile(call_id_length=9))
    sent = made[0]["tool_calls"][0]["id"]
    assert (len(sent), made[1]["tool_call_id"]) == (9, sent)


def test_names_of_speakers_where_the_vendor_takes_them() -> None:
    named = turn(Role.USER, Text(text="a"), name="ann")
    assert write(named)[0]["name"] == "ann"
    assert "name" not in write(named, profile=ChatProfile(message_names=False))[0]


def test_a_picture_by_link_where_the_vendor_follows_none() -> None:
    inline = ChatProfile(image_links=False)
    assert write(turn(Role.USER, PNG), profile=inline)[0]["content"] == [PNG_PART]
    with pytest.raises(Unsupported, match="by link"):
        write(turn(Role.USER, Image(source=UrlSource(url="https://x"))), profile=inline)


@pytest.mark.parametrize(("thinks", "told"), [(True, " "), (False, None)])
def test_calls_without_a_thought_get_a_filler_where_the_vendor_misses_one(thinks: bool, told: str | None) -> None:
    profile = ChatProfile(reasoning_echo="reasoning_content", reasoning_filler=" ")
    thought = Thinking(summary=("why",))
    talk = (turn(Role.ASSISTANT, calls("a")), answers("a"), says("so"), turn(Role.ASSISTANT, thought, calls("b")))
    request = Request(dialect=Dialect.ANTHROPIC, model="m", turns=talk)
    made, _ = write_messages(request, profile, Telling(thinks=thinks))
    assert [message.get("reasoning_content") for message in made] == [told, None, "why"]


def echoed(thought: Thinking, *, dialect: Dialect = Dialect.ANTHROPIC, drop: bool = False) -> Any:
    request = Request(dialect=dialect, model="m", turns=(turn(Role.ASSISTANT, thought, calls("a")),))
    made, _ = write_messages(request, ChatProfile(reasoning_details=True), Telling(drop_reasoning=drop))
    return made[0].get("reasoning_details")


def test_a_vendors_own_tokens_go_back_to_it() -> None:
    own = Thinking(summary=("why",), signature="ENC", origin="openai_chat", item_id="rs_1")
    assert echoed(own) == [{"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1"}]
    assert echoed(own, drop=True) is None
    signed = Thinking(summary=("why",), signature="signed:f:SIG", origin="openai_chat")
    assert echoed(signed) == [{"type": "reasoning.text", "text": "why", "signature": "SIG", "format": "f"}]
    assert echoed(Thinking(signature="ENC", origin="anthropic")) is None
    assert echoed(Thinking(signature="ENC")) is None


def test_a_client_of_this_dialect_gives_details_back_as_they_came() -> None:
    details = [{"type": "reasoning.text", "text": "why", "signature": "SIG", "index": 0}]
    kept = Thinking(summary=("why",), extra={"reasoning_details": details})
    assert echoed(kept, dialect=Dialect.OPENAI_CHAT) == details
    assert echoed(kept) is None
    bare = Thinking(signature="gAAAA", item_id="rs_1")
    expected = [{"type": "reasoning.encrypted", "data": "gAAAA", "id": "rs_1", "format": "openai-responses-v1"}]
    assert echoed(bare, dialect=Dialect.OPENAI_CHAT) == expected


def test_a_wish_stands_behind_the_leading_instructions() -> None:
    request = Request(dialect=Dialect.GEMINI, model="m", instructions="a", turns=(turn(Role.USER, Text(text="b")),))
    made, _ = write_messages(request, ChatProfile(), Telling(wish="c"))
    assert [message["content"] for message in made] == ["a", "c", "b"]


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


def test_members_of_its_own_clients_stay_where_they_stood() -> None:
    function = {"name": "ls", "arguments": "{}", "x_inner": 1}
    called = {"id": "c1", "type": "function", "function": function, "extra_content": {"google": {"sig": "s"}}}
    told = [
        {"role": "user", "content": "a", "x_user": 1},
        {"role": "assistant", "content": None, "tool_calls": [called], "x_answer": 2},
        {"role": "tool", "tool_call_id": "c1", "content": "b", "x_result": 3},
    ]
    turns, _ = parse_messages(told, "messages", {})
    own, notes = write_messages(Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=turns), ChatProfile())
    assert (own, notes) == (told, [])
    foreign, _ = write_messages(Request(dialect=Dialect.OLLAMA, model="m", turns=turns), ChatProfile())
    assert not any("x_" in str(message) or "extra_content" in str(message) for message in foreign)
