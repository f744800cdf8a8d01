"""Events as pieces of a text completion.

Rules of this file: ``data:`` frames only; words of the answer and of a refusal are text, everything else is left out
and noted; a stream that never ended is an error, never ``stop``.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Request
from codex_proxy.framing.sse import Frame, encode_frame
from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.openai_completions.schema import GRAMMAR, choice_object, completion_object
from codex_proxy.protocols.parts.answers.telling import Silent, Telling, pass_over
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.openai.answers import (
    DONE,
    HEARTBEAT,
    ending_word,
    error_frames,
    unworded,
    usage_object,
)

_Beside: TypeAlias = (
    Silent
    | ev.AnnotationAdded
    | ev.TextEnded
    | ev.ThinkingDelta
    | ev.ThinkingEnded
    | ev.ToolCallStarted
    | ev.ToolCallDelta
    | ev.ToolCallEnded
    | ev.HostedEnded
    | ev.UsageReported
    | ev.OpaqueEvent
)
_NO_PLACE: Final = "has no place in a text"


class CompletionEncoder(Telling):
    """One answer as a stream of text completions; implements ``ServerStream``."""

    def __init__(self, request: Request, ids: AnswerIds) -> None:
        super().__init__(GRAMMAR)
        self._head = completion_object(ids, request.model)
        self._include_usage = request.include_usage
        self._usage: bytes | None = None
        self._over = False

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        """The pieces these events mean; raw frames are never used."""
        return b"".join([self._one(event) for event in events])

    def finish(self) -> bytes:
        """Nothing after a proper end; otherwise the error frame of a stream that broke off."""
        return self.fail(BROKEN_OFF)

    def fail(self, failure: Failure) -> bytes:
        """The error frame and the terminator."""
        if self._over:
            return b""
        self._over = True
        return error_frames(failure) if self._legality.accept("error") else b""

    def heartbeat(self) -> bytes:
        """A comment."""
        return HEARTBEAT

    def _one(self, event: ev.Event) -> bytes:
        if self._over:
            return b""
        match event:
            case ev.TextDelta() | ev.RefusalDelta():
                return self._text(event.text)
            case ev.ResponseEnded():
                return self._ended(event)
        self._observe(event)
        return b""

    def _observe(self, event: _Beside) -> None:
        """Events that write nothing by themselves."""
        match event:
            case ev.UsageReported():
                self._usage = encode(usage_object(event.usage))
            case ev.AnnotationAdded():
                self._drop("annotations", _NO_PLACE)
            case ev.ToolCallStarted():
                self._drop(f"call of {event.name}", _NO_PLACE, Weight.LOSSY)
            case ev.HostedEnded():
                self._drop(f"item {event.kind}", _NO_PLACE)
            case ev.OpaqueEvent():
                self._drop(f"event {event.name}", _NO_PLACE)
            case ev.TextEnded() | ev.ToolCallDelta() | ev.ToolCallEnded():
                pass
            case ev.ThinkingDelta() | ev.ThinkingEnded():
                pass  # thoughts were not asked for
            case _:
                pass_over(event)

    def _text(self, text: str) -> bytes:
        if not text:
            return b""
        self._open()
        return self._piece(text, None) if self._legality.accept("text") else b""

    def _ended(self, event: ev.ResponseEnded) -> bytes:
        if isinstance(event.ending, ev.Failed):
            return self.fail(event.ending.failure)
        self._open()
        self._over = True
        if (reason := unworded(event.ending)) is not None:
            self._approximate("finish_reason", f"the answer was cut by {reason}")
        pieces = [self._piece("", ending_word(event.ending))] if self._legality.accept("finish") else []
        if self._include_usage and self._usage is not None and self._legality.accept("usage"):
            pieces.append(encode_frame(encode(self._head | {"choices": [], "usage": msgspec.Raw(self._usage)})))
        if self._legality.accept("done"):
            pieces.append(DONE)
        return b"".join(pieces)

    def _open(self) -> None:
        if not self._legality.started:
            self._legality.accept("open")

    def _piece(self, text: str, finish_reason: str | None) -> bytes:
        piece = self._head | {"choices": [choice_object(text, finish_reason)]}
        return encode_frame(encode(piece | {"usage": None} if self._include_usage else piece))
