"""Calls of vendors."""

import json
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.gemini.decoding.calls import Calls


def begun(call: dict[str, Any], context: CallContext | None = None) -> list[ev.Event]:
    return list(Calls(context or CallContext()).begin(call, 3, "made_up"))


def test_a_whole_call() -> None:
    assert begun({"id": "c", "name": "f", "args": {"a": 1}}) == [
        ev.ToolCallStarted(block=3, call_id="c", name="f"),
        ev.ToolCallDelta(block=3, text='{"a":1}'),
        ev.ToolCallEnded(block=3, arguments='{"a":1}'),
    ]


def test_a_call_without_id_and_arguments() -> None:
    started, _, ended = begun({"name": "f"})
    assert started == ev.ToolCallStarted(block=3, call_id="made_up", name="f")
    assert ended == ev.ToolCallEnded(block=3, arguments="{}")


def test_names_and_ids_become_the_clients_again() -> None:
    context = CallContext(tool_names={"a_b": "a.b"}, call_ids={"short": "long"})
    assert begun({"id": "short", "name": "a_b"}, context)[0] == ev.ToolCallStarted(block=3, call_id="long", name="a.b")


def test_a_disguised_tool_is_free_text_again() -> None:
    context = CallContext(custom_tools=frozenset({"patch"}))
    events = begun({"id": "c", "name": "patch", "args": {"input": "*** Begin"}}, context)
    assert events[0] == ev.ToolCallStarted(block=3, call_id="c", name="patch", kind=ToolKind.CUSTOM)
    assert events[-1] == ev.ToolCallEnded(block=3, arguments="*** Begin")
    odd = begun({"id": "c", "name": "patch", "args": {"other": 1}}, context)
    assert odd[-1] == ev.ToolCallEnded(block=3, arguments='{"other":1}')


def test_a_call_that_comes_member_by_member() -> None:
    calls = Calls(CallContext())
    first = list(calls.begin({"name": "f", "willContinue": True}, 0, "id"))
    assert first == [ev.ToolCallStarted(block=0, call_id="id", name="f")]
    more = {"partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}], "willContinue": True}
    assert calls.continues(more)
    assert list(calls.proceed(more)) == []
    ended = list(calls.proceed({}))
    assert json.loads(ended[-1].arguments if isinstance(ended[-1], ev.ToolCallEnded) else "") == {"a": "x"}
    assert not calls.continues({})
    assert list(calls.end()) == []
