"""Answers of vendors without free-text tools: calls of the functions that stand for them become what they stand for.

Rules of this file: a call's text is told once it is whole, since its JSON can only then be unwrapped; arguments of
another form than ours are taken as they are.  Every other frame passes untouched.
"""

from typing import TYPE_CHECKING, Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.events import Event
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import CallContext, Step
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder, decode_whole
from codex_proxy.protocols.openai_responses.stream.schema import read_object
from codex_proxy.protocols.parts.asking.free_text import MEMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

_ITEM_EVENTS: Final = frozenset({"response.output_item.added", "response.output_item.done"})
_DELTA: Final = "response.function_call_arguments.delta"
_DONE: Final = "response.function_call_arguments.done"
_INPUT_DONE: Final = "response.custom_tool_call_input.done"


class DisguisedDecoder(ResponsesDecoder):
    """Decodes one answer; see ``ResponsesDecoder``."""

    def __init__(self, context: CallContext) -> None:
        super().__init__(context)
        self._disguise = _Disguise(context)

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one frame; see ``ClientStream``."""
        told = self._disguise.lifted(frame)
        return Step(None, ()) if told is None else super().feed_frame(told)


def decode_disguised(body: bytes, context: CallContext) -> list[Event]:
    """The events of an unstreamed response object."""
    response = read_object(body)
    if not response:
        return decode_whole(body, context)
    return decode_whole(msgspec.json.encode(_Disguise(context).response(response)), context)


class _Disguise:
    """What of one answer is disguised."""

    def __init__(self, context: CallContext) -> None:
        self._names = context.custom_tools
        self._client_names: Mapping[str, str] = context.tool_names
        self._calls: set[str | int] = set()

    def lifted(self, frame: Frame) -> Frame | None:
        """The frame without the disguise; None where it has nothing to say any more."""
        if b"function_call" not in frame.data and "function_call" not in (frame.event or ""):
            return frame
        members = read_object(frame.data)
        told = members.get("type")
        name = told if isinstance(told, str) else frame.event
        if name in _ITEM_EVENTS:
            return self._item_frame(members, frame)
        if name in {_DELTA, _DONE} and self._calls & _keys(members, "item_id"):
            return None if name == _DELTA else _input_frame(members)
        response = members.get("response")
        if not isinstance(response, dict):
            return frame
        return Frame(frame.event, msgspec.json.encode(members | {"response": self.response(response)}))

    def response(self, response: JsonObject) -> JsonObject:
        """A response object without the disguise."""
        output = response.get("output")
        return response | {"output": [self._item(item) for item in output]} if isinstance(output, list) else response

    def _item_frame(self, members: JsonObject, frame: Frame) -> Frame:
        item = members.get("item")
        told = self._item(item)
        if told is item:
            return frame
        self._calls |= _keys(members | {"id": told.get("id")}, "id")
        return Frame(frame.event, msgspec.json.encode(members | {"item": told}))

    def _item(self, item: Any) -> Any:
        if not isinstance(item, dict) or item.get("type") != "function_call":
            return item
        name = item.get("name")
        if not isinstance(name, str) or self._client_names.get(name, name) not in self._names:
            return item
        kept = {member: value for member, value in item.items() if member != "arguments"}
        return kept | {"type": "custom_tool_call", "input": unwrapped(item.get("arguments"))}


def _keys(members: JsonObject, id_name: str) -> set[str | int]:
    """What an event says of the item it belongs to."""
    return {value for name in ("output_index", id_name) if isinstance(value := members.get(name), str | int)}


def _input_frame(members: JsonObject) -> Frame:
    told = {name: value for name, value in members.items() if name != "arguments"}
    told |= {"type": _INPUT_DONE, "input": unwrapped(members.get("arguments"))}
    return Frame(_INPUT_DONE, msgspec.json.encode(told))


def unwrapped(arguments: Any) -> str:
    """The free text in ``{"input": text}``; whatever else the model wrote stays as it is."""
    if not isinstance(arguments, str):
        return ""
    try:
        text = read_object(arguments.encode()).get(MEMBER)
    except UnicodeEncodeError:
        return arguments
    return text if isinstance(text, str) else arguments
