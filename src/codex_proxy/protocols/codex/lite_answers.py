"""Answers to calls in the lite form that we chose: calls without the group that their tools were put in.

Rules of this file: a client never sees a group that it did not declare; every other frame passes untouched.
"""

from typing import Any

import msgspec

from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import Step
from codex_proxy.protocols.codex.asking.lite import GROUP
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder
from codex_proxy.protocols.openai_responses.stream.schema import read_object


class LiteDecoder(ResponsesDecoder):
    """Decodes one answer; see ``ResponsesDecoder``."""

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one frame; see ``ClientStream``."""
        return super().feed_frame(_ungrouped_frame(frame))


def _ungrouped_frame(frame: Frame) -> Frame:
    if b'"namespace"' not in frame.data:
        return frame
    members = read_object(frame.data)
    if not members:
        return frame
    told = members | {"item": _ungrouped(members["item"])} if "item" in members else members
    response = told.get("response")
    if isinstance(response, dict) and isinstance(response.get("output"), list):
        output = [_ungrouped(item) for item in response["output"]]
        told = told | {"response": response | {"output": output}}
    return Frame(frame.event, msgspec.json.encode(told))


def _ungrouped(item: Any) -> Any:
    if not isinstance(item, dict) or item.get("namespace") != GROUP:
        return item
    return {name: value for name, value in item.items() if name != "namespace"}
