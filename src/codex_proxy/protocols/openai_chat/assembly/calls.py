"""Tool calls of a vendor's answer, put together from their pieces.

Rules of this file: a call is announced once its name is known, and never twice.  What identifies a call differs by
vendor: an id, an index, neither, or an index that is always 0.  Calls of tools that only look like functions because
the vendor has no free-text tools are turned back.
"""

from collections.abc import Callable, Iterator
from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.protocols.base import CallContext, InvalidRequest
from codex_proxy.protocols.openai_chat.schema import CallPiece, CustomPiece, FunctionPiece
from codex_proxy.protocols.parts.json_text import decode_value, encode

_MAX_PREFIX: Final = 40  # an id made here stays under 64 characters


class Calls:
    """Pieces in, events out."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._calls: list[_Call] = []

    @property
    def has_nameless(self) -> bool:
        """Whether a call never said which tool it wants."""
        return any(call.block is None for call in self._calls)

    def close(self) -> Iterator[ev.Event]:
        """The ends of all calls."""
        for call in self._calls:
            yield from self._end(call)

    def add(self, piece: CallPiece, next_block: Callable[[], int], *, answer_id: str) -> Iterator[ev.Event]:
        """The events of one piece; ``next_block`` numbers a call when it is announced."""
        name, text, custom = _words(piece)
        if not (name or text or piece.id):  # Snowflake sends an empty ``function_call`` beside every text
            return
        call = self._find(piece)
        if call is None:
            call = _Call(piece.index if isinstance(piece.index, int) else None)
            self._calls.append(call)
        if isinstance(piece.id, str) and piece.id and not call.call_id:
            call.call_id = piece.id
        if text:
            call.pieces.append(text)
        if call.block is not None:
            if text and not call.unwraps:
                yield ev.ToolCallDelta(block=call.block, text=text)
        elif name:
            call.block = next_block()
            if not call.call_id:
                call.call_id = f"call_{answer_id[-_MAX_PREFIX:]}_{call.block}"
            yield from self._announce(call, name, custom=custom)

    def _find(self, piece: CallPiece) -> "_Call | None":
        """The call this piece belongs to; None for a new one."""
        name, text, _ = _words(piece)
        if isinstance(piece.id, str) and piece.id:
            known = next((call for call in self._calls if call.call_id == piece.id), None)
            if known is not None:
                return known
        if isinstance(piece.index, int):
            same = next((call for call in reversed(self._calls) if call.index == piece.index), None)
        else:
            same = self._calls[-1] if self._calls else None
        if same is None or not name or same.block is None:
            return same
        if isinstance(piece.id, str) and piece.id:
            return None  # a second id and a name: another call, whatever the index says
        return None if text and _is_whole("".join(same.pieces)) else same

    def _announce(self, call: "_Call", name: str, *, custom: bool) -> Iterator[ev.Event]:
        if call.block is None:
            return
        client_name = self._context.tool_names.get(name, name)
        call.unwraps = not custom and client_name in self._context.custom_tools
        call.kind = ToolKind.CUSTOM if custom or call.unwraps else ToolKind.FUNCTION
        yield ev.ToolCallStarted(
            block=call.block,
            call_id=self._context.call_ids.get(call.call_id, call.call_id),
            name=client_name,
            kind=call.kind,
        )
        if call.pieces and not call.unwraps:
            yield ev.ToolCallDelta(block=call.block, text="".join(call.pieces))

    def _end(self, call: "_Call") -> Iterator[ev.Event]:
        if call.block is None:
            return
        arguments = "".join(call.pieces)
        if call.unwraps:
            arguments = _unwrap(arguments)
            yield ev.ToolCallDelta(block=call.block, text=arguments)
        elif not arguments and call.kind is ToolKind.FUNCTION:
            arguments = "{}"  # a call without arguments; clients parse the text as JSON
            yield ev.ToolCallDelta(block=call.block, text=arguments)
        yield ev.ToolCallEnded(block=call.block, arguments=arguments)


class _Call:
    __slots__ = ("block", "call_id", "index", "kind", "pieces", "unwraps")

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.call_id = ""
        self.block: int | None = None
        self.kind = ToolKind.FUNCTION
        self.unwraps = False
        self.pieces: list[str] = []


def _words(piece: CallPiece) -> tuple[str, str, bool]:
    """Name, argument text, and whether the call is of a custom tool."""
    match piece:
        case CallPiece(custom=CustomPiece(name=name, input=text)):
            custom = True
        case CallPiece(function=FunctionPiece(name=name, arguments=text)):
            custom = False
        case _:
            return "", "", False
    words = encode(text).decode() if isinstance(text, dict | list) else text
    return (name if isinstance(name, str) else ""), (words if isinstance(words, str) else ""), custom


def _is_whole(text: str) -> bool:
    try:
        return isinstance(decode_value(text.encode()), dict)
    except (InvalidRequest, UnicodeEncodeError):
        return False


def _unwrap(arguments: str) -> str:
    """The free text in ``{"input": text}``; whatever else the model wrote stays as it is."""
    try:
        value = decode_value(arguments.encode())
    except (InvalidRequest, UnicodeEncodeError):
        return arguments
    text = value.get("input") if isinstance(value, dict) else None
    return text if isinstance(text, str) else arguments
