"""Turns as messages for a server."""

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
    Text,
    Thinking,
    ToolCall,
    ToolKind,
    ToolResult,
    UrlSource,
)
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.ollama.conversation.writing import write_messages
from codex_proxy.protocols.ollama.schema import OllamaProfile

PICTURE = Image(source=DataSource(media_type="image/png", data="aGk="))


def turn(role: Role, *blocks: Block, **more: Any) -> Turn:
    return Turn(role=role, blocks=blocks, **more)


def user(*blocks: Block, **more: Any) -> Turn:
    return turn(Role.USER, *blocks, **more)


def assistant(*blocks: Block, **more: Any) -> Turn:
    return turn(Role.ASSISTANT, *blocks, **more)


def written(*turns: Turn, dialect: Dialect = Dialect.OPENAI_CHAT, **request: Any) -> tuple[Any, list[str]]:
    asked = Request(dialect=dialect, model="m", turns=turns, **request)
    messages, notes = write_messages(asked, OllamaProfile())
    return messages, [f"{note.verdict.value} {note.path}" for note in notes]


def call(call_id: str, name: str, arguments: str = "{}", **more: Any) -> ToolCall:
    return ToolCall(call_id=call_id, name=name, arguments=arguments, **more)


def result(call_id: str, *parts: Any) -> Turn:
    return turn(Role.TOOL, ToolResult(call_id=call_id, parts=parts))


def test_a_conversation_with_a_tool() -> None:
    messages, notes = written(
        turn(Role.DEVELOPER, Text(text="be brief"), Text(text="be kind")),
        user(Text(text="list")),
        assistant(Thinking(summary=("hm",)), Text(text="I will"), call("c1", "ls", '{"p":1}')),
        result("c1", Text(text="a.txt")),
        instructions="you are X",
    )
    assert messages == [
        {"role": "system", "content": "you are X"},
        {"role": "system", "content": "be brief\n\nbe kind"},
        {"role": "user", "content": "list"},
        {
            "role": "assistant",
            "content": "I will",
            "thinking": "hm",
            "tool_calls": [{"type": "function", "id": "c1", "function": {"name": "ls", "arguments": {"p": 1}}}],
        },
        {"role": "tool", "content": "a.txt", "tool_name": "ls", "tool_call_id": "c1"},
    ]
    assert notes == []


def test_calls_told_as_single_items_stand_in_one_message() -> None:
    """The Responses dialect has a turn for each."""
    messages, _ = written(
        assistant(Thinking(content=("hm",))),
        assistant(Text(text="two")),
        assistant(call("a", "f")),
        assistant(call("b", "g", "text", kind=ToolKind.CUSTOM)),
        result("a", Text(text="1")),
        result("b", Text(text="2")),
        assistant(Text(text="done")),
        assistant(Text(text="really")),
    )
    assert [message["role"] for message in messages] == ["assistant", "tool", "tool", "assistant", "assistant"]
    told = [each["function"] for each in messages[0]["tool_calls"]]
    assert told == [{"name": "f", "arguments": {}}, {"name": "g", "arguments": {"input": "text"}}]
    assert [message["content"] for message in messages] == ["two", "1", "2", "done", "really"]


def test_order_of_texts_and_pictures_is_kept_over_messages() -> None:
    messages, _ = written(user(Text(text="a"), Text(text="b"), PICTURE, Text(text="c"), PICTURE, PICTURE))
    assert messages == [
        {"role": "user", "content": "a\n\nb", "images": ["aGk="]},
        {"role": "user", "content": "c", "images": ["aGk=", "aGk="]},
    ]


def test_a_picture_of_a_tool_comes_after_all_results() -> None:
    messages, _ = written(
        assistant(call("a", "see"), call("b", "ls")),
        result("a", PICTURE),
        result("b", Text(text="x")),
        user(Text(text="?")),
    )
    assert [message["role"] for message in messages] == ["assistant", "tool", "tool", "user", "user"]
    assert messages[1]["content"] == "(The result is in the user message after the tool results.)"
    assert messages[3] == {"role": "user", "content": "Result of tool call a:", "images": ["aGk="]}


def test_own_members_go_on_and_those_of_others_do_not() -> None:
    own = user(Text(text="x"), extra={"brand_new": 1})
    assert written(own, dialect=Dialect.OLLAMA)[0][0]["brand_new"] == 1
    assert "brand_new" not in written(own)[0][0]
    shown = assistant(Text(text="x"), PICTURE)
    assert written(shown, dialect=Dialect.OLLAMA)[0][0]["images"] == ["aGk="]
    with pytest.raises(Unsupported, match="no media in an assistant message"):
        written(shown)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (Image(source=UrlSource(url="https://x")), "fetches no pictures"),
        (Image(source=FileIdSource(file_id="f")), "fetches no pictures"),
        (File(source=DataSource(media_type="application/pdf", data="aGk=")), "reads no files"),
        (Audio(data="aGk=", encoding="wav"), "reads no sound"),
    ],
)
def test_content_that_cannot_be_read_is_refused_by_its_place(block: Block, words: str) -> None:
    with pytest.raises(Unsupported, match=words) as caught:
        written(user(Text(text="x")), user(block))
    assert caught.value.path == "messages[1].content[0]"


def test_a_profile_says_what_is_read() -> None:
    asked = Request(
        dialect=Dialect.OPENAI_CHAT, model="m", turns=(assistant(Thinking(summary=("hm",)), Text(text="x")),)
    )
    messages, notes = write_messages(asked, OllamaProfile(echo_thinking=False))
    assert messages == [{"role": "assistant", "content": "x"}]
    assert [(note.path, note.weight.value) for note in notes] == [("messages[0].content[0]", "cosmetic")]
    with pytest.raises(Unsupported, match="reads no pictures"):
        write_messages(
            Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(user(PICTURE),)), OllamaProfile(images=False)
        )


def test_what_another_upstream_ran_is_told_in_words_if_there_are_any() -> None:
    messages, notes = written(assistant(Hosted(kind="web_search_call", item={}, retold="Searched: q")))
    assert messages == [{"role": "assistant", "content": "Searched: q"}]
    assert notes == ["approximated messages[0].content[0]"]


def test_what_has_no_form_is_noted() -> None:
    _, notes = written(
        turn(Role.SYSTEM, Text(text="x"), PICTURE),
        user(Text(text="x"), Opaque(dialect="gemini", payload={}), name="Ann"),
        user(Image(source=DataSource(media_type="image/png", data="aGk="), detail="low")),
        assistant(Hosted(kind="web_search_call", item={}), Opaque(dialect="gemini", payload={}), call("c", "f", "[1")),
    )
    assert notes == [
        "dropped messages[0].content[1]",
        "dropped messages[1].content[1]",
        "dropped messages[1].name",
        "dropped messages[2].content[0].detail",
        "dropped messages[3].content[0]",
        "dropped messages[3].content[1]",
        "approximated messages[3].content[2].arguments",
    ]
