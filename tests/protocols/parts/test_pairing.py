"""Calls and results find each other."""

from codex_proxy.canonical.blocks import Block, Text, ToolCall, ToolResult
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.parts.pairing import NO_RESULT, repair_pairs


def call(call_id: str) -> ToolCall:
    return ToolCall(call_id=call_id, name="look", arguments="{}")


def result(call_id: str, text: str = "seen") -> ToolResult:
    return ToolResult(call_id=call_id, parts=(Text(text=text),))


def turn(role: Role, *blocks: Block) -> Turn:
    return Turn(role=role, blocks=blocks)


def test_a_paired_history_stays_as_it_is() -> None:
    turns = (turn(Role.ASSISTANT, call("a"), call("b")), turn(Role.TOOL, result("b"), result("a")))
    assert repair_pairs(turns) == (turns, ())


def test_a_call_without_result_is_answered() -> None:
    repaired, notes = repair_pairs([turn(Role.ASSISTANT, call("a")), turn(Role.USER, Text(text="go on"))])
    assert repaired[1] == turn(Role.TOOL, result("a", NO_RESULT))
    assert [note.path for note in notes] == ["call a"]
    assert notes[0].weight is Weight.COSMETIC


def test_a_result_without_call_becomes_text_and_loses_nothing() -> None:
    repaired, notes = repair_pairs([turn(Role.TOOL, result("x", "forty-two"))])
    assert repaired == (turn(Role.TOOL, Text(text="Tool result (x): "), Text(text="forty-two")),)
    assert len(notes) == 1


def test_of_two_results_the_last_is_kept() -> None:
    turns = [turn(Role.ASSISTANT, call("a")), turn(Role.TOOL, result("a", "1")), turn(Role.TOOL, result("a", "2"))]
    repaired, notes = repair_pairs(turns)
    assert repaired == (turns[0], turns[2])
    assert len(notes) == 1


def test_a_result_before_its_call_counts_as_unpaired() -> None:
    repaired, _ = repair_pairs([turn(Role.TOOL, result("a")), turn(Role.ASSISTANT, call("a"))])
    kinds = [type(block) for each in repaired for block in each.blocks]
    assert kinds == [Text, Text, ToolCall, ToolResult]
