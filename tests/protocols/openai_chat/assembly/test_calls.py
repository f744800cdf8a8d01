"""Which call a piece belongs to, for every way vendors say it."""

from itertools import count
from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_chat.assembly.calls import Calls
from codex_proxy.protocols.openai_chat.schema import CallPiece


def read(pieces: list[dict[str, Any]], context: CallContext | None = None) -> list[ev.Event]:
    calls, numbers = Calls(context or CallContext()), count()
    events: list[ev.Event] = []
    for piece in pieces:
        events.extend(calls.add(msgspec.convert(piece, CallPiece), lambda: next(numbers), answer_id="cmpl-1"))
    return [*events, *calls.close()]


def told(events: list[ev.Event]) -> list[tuple[str, str, str]]:
    """(id, name, arguments) of each call; the joined deltas must equal the end."""
    found = []
    for start in (event for event in events if isinstance(event, ev.ToolCallStarted)):
        deltas = [event.text for event in events if isinstance(event, ev.ToolCallDelta) and event.block == start.block]
        ends = [event for event in events if isinstance(event, ev.ToolCallEnded) and event.block == start.block]
        assert [end.arguments for end in ends] == ["".join(deltas)]
        found.append((start.call_id, start.name, ends[0].arguments))
    return found


def function(name: str | None = None, arguments: Any = None, **members: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **members}


A = ("a", "ls", '{"p":1}')
B = ("b", "cat", '{"f":2}')


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(
            [
                function("ls", "", id="a", index=0),
                function("cat", "", id="b", index=1),
                function(None, '{"p"', index=0),
                function(None, '{"f":2}', index=1),
                function(None, ":1}", index=0),
            ],
            id="interleaved by index, as OpenAI",
        ),
        pytest.param(
            [function("ls", '{"p":1}', id="a"), function("cat", '{"f":2}', id="b")], id="no index, as Mistral"
        ),
        pytest.param(
            [function("ls", '{"p":1}', id="a", index=0), function("cat", '{"f":2}', id="b", index=0)],
            id="index always 0",
        ),
        pytest.param(
            [
                function("ls", '{"p"', id="a", index=0),
                function("ls", ":1}", id="a", index=0),
                function("cat", '{"f":2}', id="b", index=1),
            ],
            id="id and name repeated",
        ),
        pytest.param(
            [function("ls", {"p": 1}, id="a", index=0), function("cat", {"f": 2}, id="b", index=1)],
            id="arguments as objects",
        ),
        pytest.param(
            [
                {"id": "a", "index": 0},
                function(None, '{"p"', index=0),
                function("ls", ":1}", index=0),
                function("cat", '{"f":2}', id="b", index=1),
            ],
            id="name after the first arguments",
        ),
    ],
)
def test_two_calls_are_told_apart(pieces: list[dict[str, Any]]) -> None:
    assert told(read(pieces)) == [A, B]


def test_calls_without_ids_get_ids_of_their_own() -> None:
    calls = told(read([function("ls", "{}"), function("ls", "{}")]))
    assert calls == [("call_cmpl-1_0", "ls", "{}"), ("call_cmpl-1_1", "ls", "{}")]


def test_a_repeated_name_without_id_continues_unfinished_arguments() -> None:
    assert told(read([function("ls", '{"p"', index=0), function("ls", ":1}", index=0)]))[0][1:] == ("ls", '{"p":1}')


def test_a_call_without_arguments_has_an_empty_object() -> None:
    assert told(read([function("now", "", id="a", index=0)])) == [("a", "now", "{}")]


def test_an_empty_piece_is_no_call() -> None:
    assert read([function("", ""), {}]) == []


def test_a_call_that_never_names_its_tool_is_known_as_such() -> None:
    calls = Calls(CallContext())
    assert list(calls.add(msgspec.convert(function(None, "{}", id="a"), CallPiece), lambda: 0, answer_id="")) == []
    assert calls.has_nameless


def test_custom_calls_keep_their_text() -> None:
    pieces = [
        {"id": "a", "index": 0, "custom": {"name": "patch", "input": "*** "}},
        {"index": 0, "custom": {"input": "End"}},
    ]
    events = read(pieces)
    assert told(events) == [("a", "patch", "*** End")]
    assert isinstance(events[0], ev.ToolCallStarted)
    assert events[0].kind is ToolKind.CUSTOM


def test_a_disguised_custom_tool_is_turned_back() -> None:
    context = CallContext(custom_tools=frozenset({"patch"}), tool_names={"patch_1": "patch"}, call_ids={"a": "mine"})
    events = read([function("patch_1", '{"inp', id="a", index=0), function(None, 'ut":"*** End"}', index=0)], context)
    assert told(events) == [("mine", "patch", "*** End")]
    assert isinstance(events[0], ev.ToolCallStarted)
    assert events[0].kind is ToolKind.CUSTOM


def test_a_disguised_tool_called_with_something_else_keeps_it() -> None:
    context = CallContext(custom_tools=frozenset({"patch"}))
    assert told(read([function("patch", "raw text", id="a")], context)) == [("a", "patch", "raw text")]
