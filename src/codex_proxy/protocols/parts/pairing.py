"""Tool calls and their results, paired: every result after its call, every call answered once.

Rules of this file: a repair never loses text and is always noted.  Clients of the Codex family own their history and
are never repaired.  Source: refusals of the Responses API ("No tool output found", "No tool call found").
"""

from collections.abc import Iterator, Sequence
from operator import is_
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import Block, Text, ToolCall, ToolResult
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Role, Turn

NO_RESULT: Final = "(no result)"


def repair_pairs(turns: Sequence[Turn]) -> tuple[tuple[Turn, ...], tuple[Note, ...]]:
    """The turns with every call answered exactly once, and what was repaired."""
    repair = _Repair(turns)
    repaired = tuple(turn for turn in map(repair.turn, turns) if turn is not None)
    return repair.answered(repaired), tuple(repair.notes)


class _Repair:
    def __init__(self, turns: Sequence[Turn]) -> None:
        self.notes: list[Note] = []
        self._calls: set[str] = set()
        self._last: dict[str, ToolResult] = {
            block.call_id: block for turn in turns for block in turn.blocks if isinstance(block, ToolResult)
        }
        self._used: set[str] = set()

    def turn(self, turn: Turn) -> Turn | None:
        blocks: list[Block] = []
        for block in turn.blocks:
            if isinstance(block, ToolResult):
                blocks.extend(self._result(block))
                continue
            if isinstance(block, ToolCall):
                self._calls.add(block.call_id)
            blocks.append(block)
        if turn.blocks and not blocks:
            return None
        same = len(blocks) == len(turn.blocks) and all(map(is_, blocks, turn.blocks))
        return turn if same else msgspec.structs.replace(turn, blocks=tuple(blocks))

    def _result(self, block: ToolResult) -> Iterator[Block]:
        if block.call_id not in self._calls:
            self._note(block.call_id, "a result without its call became a message")
            yield Text(text=f"Tool result ({block.call_id}): ")
            yield from block.parts
        elif block is not self._last[block.call_id]:
            self._note(block.call_id, "of several results for one call the last was kept")
        else:
            self._used.add(block.call_id)
            yield block

    def answered(self, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        made: list[Turn] = []
        for turn in turns:
            made.append(turn)
            for block in turn.blocks:
                if isinstance(block, ToolCall) and block.call_id not in self._used:
                    self._note(block.call_id, "a call without result was answered")
                    made.append(_no_result(block))
        return tuple(made)

    def _note(self, call_id: str, detail: str) -> None:
        self.notes.append(
            Note(path=f"call {call_id[:64]}", verdict=Verdict.REPAIRED, weight=Weight.COSMETIC, detail=detail)
        )


def _no_result(call: ToolCall) -> Turn:
    result = ToolResult(call_id=call.call_id, parts=(Text(text=NO_RESULT),), kind=call.kind)
    return Turn(role=Role.TOOL, blocks=(result,))
