"""What a Responses decoder remembers of each output item while it streams.

Rules of this file: an item is found by its output index first, its id second; text already told is never told again,
only its missing rest.  Three sources can complete an item (deltas, ``done`` events, the terminal response); the later
and longer one completes, a contradicting one only corrects the final value.
"""

from typing import TYPE_CHECKING, Final

from codex_proxy.canonical.blocks import Annotation, JsonObject, ToolKind

if TYPE_CHECKING:
    from codex_proxy.canonical.events import ToolCallStarted

CALL_KINDS: Final = {"function_call": ToolKind.FUNCTION, "custom_tool_call": ToolKind.CUSTOM}
CALL_TEXT: Final = {ToolKind.FUNCTION: "arguments", ToolKind.CUSTOM: "input"}


class TextPart:
    """One text or refusal part of a message."""

    __slots__ = ("annotations", "block", "ended", "pieces", "refusal")

    def __init__(self, block: int, *, refusal: bool) -> None:
        self.block = block
        self.refusal = refusal
        self.pieces: list[str] = []
        self.annotations: list[Annotation] = []
        self.ended = False

    def told(self) -> str:
        """The text told so far."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""


class Item:
    """One output item."""

    __slots__ = ("announced", "block", "call", "ended", "item_id", "kind", "parts", "phase", "pieces", "raw", "summary")

    def __init__(self, kind: str | None, item_id: str | None) -> None:
        self.kind = kind
        self.item_id = item_id
        self.announced: JsonObject = {}
        self.phase: str | None = None
        self.block: int | None = None
        self.parts: dict[int, TextPart] = {}
        self.summary: dict[int, list[str]] = {}
        self.raw: dict[int, list[str]] = {}
        self.pieces: list[str] = []
        self.call: ToolCallStarted | None = None
        self.ended = False


class ItemTable:
    """Items of one answer by output index and id."""

    def __init__(self) -> None:
        self._by_index: dict[int, Item] = {}
        self._by_id: dict[str, Item] = {}
        self.finished: dict[int, JsonObject] = {}

    def find(self, output_index: int | None, item_id: str | None) -> Item:
        """The item that an event belongs to; an unknown one is kept under what the event says of it."""
        item = self._by_index.get(output_index) if output_index is not None else None
        if item is None and item_id is not None:
            item = self._by_id.get(item_id)
        if item is None:
            item = Item(None, item_id)
            if output_index is None and item_id is not None:
                self._by_id[item_id] = item  # its place is not known before it is announced
            else:
                self.put(item, output_index)
        return item

    def put(self, item: Item, output_index: int | None) -> None:
        """Remember an item; without an index it takes the next free one."""
        index = output_index if output_index is not None else max(self._by_index, default=-1) + 1
        self._by_index[index] = item
        if item.item_id is not None:
            self._by_id[item.item_id] = item

    def known(self, output_index: int, item_id: str | None) -> bool:
        """Whether the answer's stream already told the item that the final response lists here."""
        if item_id is not None and item_id in self._by_id:
            return self._by_id[item_id].ended
        item = self._by_index.get(output_index)
        return item is not None and item.ended

    def in_order(self) -> list[Item]:
        """Every item, in output order; last those whose place nobody told."""
        placed = [item for _, item in sorted(self._by_index.items())]
        return placed + [item for item in self._by_id.values() if item not in placed]

    def output(self) -> list[JsonObject]:
        """The finished items, in output order."""
        return [item for _, item in sorted(self.finished.items())]


def missing_rest(told: str, full: str) -> str:
    """What ``full`` adds to ``told``; nothing where they contradict each other."""
    return full[len(told) :] if len(full) > len(told) and full.startswith(told) else ""


def joined(parts: dict[int, list[str]]) -> tuple[str, ...]:
    """Text parts in order of their index."""
    return tuple("".join(pieces) for _, pieces in sorted(parts.items()))
