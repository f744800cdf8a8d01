"""Messages as turns."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, Image, Text, Thinking, ToolCall, ToolResult, UrlSource
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.ollama.conversation.reading import parse_messages
from codex_proxy.simulator.unscripted.pictures import tiny_png

PNG = tiny_png()
JPEG = "/9j/4AAQSkZJRgABAQ=="


def read(*messages: dict[str, Any]) -> tuple[Turn, ...]:
    turns, notes = parse_messages(list(messages), "messages")
    assert notes == ()
    return turns


def refused(message: dict[str, Any]) -> str:
    with pytest.raises(InvalidRequest) as caught:
        parse_messages([message], "messages")
    return str(caught.value)


def call(name: str, **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": {}}, **more}


def answered(*results: dict[str, Any], calls: list[dict[str, Any]]) -> list[str]:
    """The call ids that these results answer."""
    messages = [{"role": "assistant", "tool_calls": calls}, *({"role": "tool", **result} for result in results)]
    turns, _ = parse_messages(messages, "messages")
    blocks = [block for turn in turns for block in turn.blocks]
    return [block.call_id for block in blocks if isinstance(block, ToolResult)]


def test_a_conversation_in_order() -> None:
    turns = read(
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "look", "images": [PNG]},
        {"role": "assistant", "content": "I will", "thinking": "hm", "tool_calls": [call("ls", id="c1")]},
        {"role": "tool", "content": "a.txt", "tool_name": "ls"},
    )
    assert [turn.role for turn in turns] == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL]
    assert turns[1].blocks == (Text(text="look"), Image(source=DataSource(media_type="image/png", data=PNG)))
    assert turns[2].blocks == (
        Thinking(summary=("hm",)),
        Text(text="I will"),
        ToolCall(call_id="c1", name="ls", arguments="{}"),
    )
    assert turns[3].blocks == (ToolResult(call_id="c1", parts=(Text(text="a.txt"),), name="ls"),)


def test_content_may_be_missing_and_nulls_are_nothing() -> None:
    """ollama-python leaves the content of an assistant's message out; LlamaIndex sends every unset member."""
    turns = read(
        {"role": "user", "content": "x", "images": None, "tool_calls": None, "thinking": None},
        {"role": "assistant", "content": None, "tool_calls": [call("f")]},
        {"role": "tool", "tool_name": "f"},
        {"role": "assistant"},
        {"role": "system", "content": ""},
    )
    assert [turn.role for turn in turns] == [Role.USER, Role.ASSISTANT, Role.TOOL]
    assert all(turn.extra == {} for turn in turns)


def test_arguments_are_an_object_or_what_other_clients_send() -> None:
    for told, text in (({"a": "ü"}, '{"a":"ü"}'), ('{"a":1}', '{"a":1}'), (None, "{}"), ("", "{}")):
        (turn,) = read({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": told}}]})
        assert turn.blocks == (ToolCall(call_id="call_o1", name="f", arguments=text),)
    bad = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": [1]}}]}
    assert refused(bad) == "messages[0].tool_calls[0].function.arguments: expected an object, got an array"


def test_results_of_one_tool_called_twice_answer_its_calls_in_order() -> None:
    calls = [call("add", id="a"), call("sub", id="b"), call("add", id="c")]
    results = [{"tool_name": "add"}, {"tool_name": "add"}, {"tool_name": "sub"}]
    assert answered(*results, calls=calls) == ["a", "c", "b"]


def test_results_without_name_or_id_answer_in_the_order_of_the_calls() -> None:
    """LangChain and LlamaIndex send neither."""
    assert answered({}, {}, calls=[call("add"), call("sub")]) == ["call_o1", "call_o2"]
    turns, notes = parse_messages([{"role": "assistant", "tool_calls": [call("f")]}, {"role": "tool"}], "messages")
    assert [note.path for note in notes] == ["messages[1]"]
    assert turns


def test_an_id_wins_over_the_order_and_a_wrong_name_does_not_matter() -> None:
    calls = [call("add", id="a"), call("add", id="b")]
    assert answered({"tool_call_id": "b"}, {"tool_name": "other"}, calls=calls) == ["b", "a"]


def test_a_result_without_any_call_before_it_is_kept() -> None:
    """A client that cuts its history may begin with one."""
    turns, notes = parse_messages([{"role": "tool", "content": "late"}], "messages")
    assert turns[0].blocks == (ToolResult(call_id="call_o1", parts=(Text(text="late"),)),)
    assert [note.detail for note in notes] == ["answers no call before it"]


@pytest.mark.parametrize(
    ("image", "media_type", "data"),
    [
        (PNG, "image/png", PNG),
        (JPEG, "image/jpeg", JPEG),
        (f"data:image/png;base64,{JPEG}", "image/jpeg", JPEG),
        ("data:image/bmp;base64,Qk0=", "image/bmp", "Qk0="),
        (JPEG.replace("/", "_").rstrip("="), "image/jpeg", JPEG),
        (f"{PNG[:20]}\n{PNG[20:]}", "image/png", PNG),
    ],
)
def test_pictures_are_what_their_bytes_say(image: str, media_type: str, data: str) -> None:
    (turn,) = read({"role": "user", "images": [image]})
    assert turn.blocks == (Image(source=DataSource(media_type=media_type, data=data)),)


def test_a_picture_whose_bytes_say_nothing_is_noted_and_a_link_stays_one() -> None:
    turns, notes = parse_messages([{"role": "user", "images": ["aGk=", "https://example.invalid/a.png"]}], "messages")
    assert turns[0].blocks == (
        Image(source=DataSource(media_type="image/png", data="aGk=")),
        Image(source=UrlSource(url="https://example.invalid/a.png")),
    )
    assert [note.path for note in notes] == ["messages[0].images[0]"]


def test_a_tool_may_give_a_picture_back() -> None:
    (_, turn) = read(
        {"role": "assistant", "tool_calls": [call("see")]}, {"role": "tool", "tool_name": "see", "images": [PNG]}
    )
    (result,) = turn.blocks
    assert isinstance(result, ToolResult)
    assert not result.plain
    assert [type(part) for part in result.parts] == [Image]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({}, "messages[0].role: is required"),
        ({"role": "robot"}, "messages[0].role: unknown role 'robot'; one of system, developer, user, assistant, tool"),
        ({"role": "user", "content": [1]}, "messages[0].content: expected a string, got an array"),
        ({"role": "user", "images": ["!"]}, "messages[0].images[0]: is no base64"),
        ({"role": "user", "images": ["aGkaa"]}, "messages[0].images[0]: is no base64"),
        ({"role": "user", "images": [5]}, "messages[0].images[0]: expected base64 text, got a number"),
        ({"role": "assistant", "tool_calls": [{}]}, "messages[0].tool_calls[0].function: is required"),
    ],
)
def test_what_cannot_be_read_is_named(message: dict[str, Any], words: str) -> None:
    assert refused(message) == words


def test_no_messages_are_no_conversation() -> None:
    with pytest.raises(InvalidRequest, match="must not be empty"):
        parse_messages([], "messages")
