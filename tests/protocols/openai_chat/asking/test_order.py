"""The order of messages that some vendors insist on."""

from typing import Any

import pytest

from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.protocols.openai_chat.asking.order import fitted_id, ordered
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile

SYSTEM = {"role": "system", "content": "be brief"}
LATE = {"role": "system", "content": "be kind"}
ASKS = {"role": "user", "content": "hi"}
ASKS_MORE = {"role": "user", "content": [{"type": "text", "text": "there"}]}
CALLS = {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}
RESULT = {"role": "tool", "tool_call_id": "c", "content": "r"}
SAYS = {"role": "assistant", "content": "so"}


def put(*messages: dict[str, Any], **profile: Any) -> tuple[list[dict[str, Any]], list[Note]]:
    notes: list[Note] = []
    return ordered(list(messages), ChatProfile(**profile), notes), notes


def test_most_vendors_take_any_order() -> None:
    talk = (SYSTEM, ASKS, ASKS_MORE, CALLS, RESULT, ASKS, LATE)
    assert put(*talk) == ([*talk], [])


def test_one_leading_instruction() -> None:
    made, notes = put(SYSTEM, ASKS, LATE, single_system=True)
    assert made == [{"role": "system", "content": "be brief\n\nbe kind"}, ASKS]
    assert [note.weight for note in notes] == [Weight.LOSSY]
    assert put(SYSTEM, ASKS, single_system=True) == ([SYSTEM, ASKS], [])
    parted = {"role": "developer", "content": [{"type": "text", "text": "x", "cache_control": {}}]}
    assert put(parted, SYSTEM, single_system=True)[0] == [{"role": "system", "content": "x\n\nbe brief"}]


def test_the_assistant_speaks_between_a_tool_and_the_user() -> None:
    made, notes = put(ASKS, CALLS, RESULT, RESULT, ASKS, SAYS, assistant_after_tool=True)
    assert [message["role"] for message in made] == [
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        "user",
        "assistant",
    ]
    assert made[4]["content"]
    assert [(note.path, note.weight) for note in notes] == [("messages[4]", Weight.COSMETIC)]
    assert put(ASKS, CALLS, RESULT, SAYS, assistant_after_tool=True) == ([ASKS, CALLS, RESULT, SAYS], [])


def test_no_two_messages_of_one_side_in_a_row() -> None:
    made, notes = put(SYSTEM, ASKS, ASKS, ASKS_MORE, SAYS, SAYS, alternating=True)
    both = [{"type": "text", "text": "hi\n\nhi"}, {"type": "text", "text": "there"}]
    assert made == [SYSTEM, {"role": "user", "content": both}, {"role": "assistant", "content": "so\n\nso"}]
    assert notes == []


def test_the_user_begins() -> None:
    made, notes = put(SYSTEM, SAYS, ASKS, alternating=True)
    assert [message["role"] for message in made] == ["system", "user", "assistant", "user"]
    assert len(notes) == 1


def test_cache_marks_stand_at_recurring_beginnings() -> None:
    made, _ = put(SYSTEM, ASKS, SAYS, ASKS_MORE, cache_marks=True)
    mark = {"cache_control": {"type": "ephemeral"}}
    assert made[0]["content"] == [{"type": "text", "text": "be brief", **mark}]
    assert made[1] == ASKS
    assert made[3]["content"] == [{"type": "text", "text": "there", **mark}]


def test_marks_of_the_client_are_enough() -> None:
    own = {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]}
    assert put(SYSTEM, own, ASKS, cache_marks=True)[0] == [SYSTEM, own, ASKS]


@pytest.mark.parametrize("call_id", ["call_1", "", "é", "x" * 200, "abcdefgh_"])
def test_an_id_that_does_not_fit_becomes_one_that_does(call_id: str) -> None:
    made = fitted_id(call_id, 9)
    assert len(made) == 9
    assert made.isalnum()
    assert made.isascii()
    assert made == fitted_id(call_id, 9)
    assert made != fitted_id(call_id + "2", 9)


def test_an_id_that_fits_stays() -> None:
    assert fitted_id("aB3456789", 9) == "aB3456789"
    assert fitted_id("call_1", None) == "call_1"
