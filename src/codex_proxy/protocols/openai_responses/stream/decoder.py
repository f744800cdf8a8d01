"""Responses stream to canonical events: the machine that every answer of the Codex family goes through.

Rules of this file: one step per upstream frame; an unknown event is passed on as opaque and never an error; a stream
without a terminal event ends as disconnected.  Tool names that were changed for the upstream are changed back in the
frame too, so that no client sees them.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.framing.sse import Frame, FrameTooLarge, SseDecoder
from codex_proxy.protocols.base import CallContext, Step, UpstreamError
from codex_proxy.protocols.openai_responses.stream import schema
from codex_proxy.protocols.openai_responses.stream.item_events import READERS
from codex_proxy.protocols.openai_responses.stream.items import ItemReader
from codex_proxy.protocols.openai_responses.usage import parse_usage
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF, classify_error

ReadExtension: TypeAlias = Callable[[str, JsonObject], ev.Event | None]

_DONE: Final = b"[DONE]"
_NOTHING: Final = Step(None, ())
_NO_STREAM: Final = Failure(kind=FailureKind.GARBLED, message="the upstream's answer is no event stream")


class ResponsesDecoder:
    """Decodes one answer; implements ``ClientStream``.

    ``read_extension`` turns events outside the ``response.`` family, such as ``codex.rate_limits``, into canonical
    ones where it can.
    """

    def __init__(self, context: CallContext | None = None, *, read_extension: ReadExtension | None = None) -> None:
        self._framer = SseDecoder()
        self._context = context or CallContext()
        self._relays = self._context.relays
        self._read_extension = read_extension
        self._items = ItemReader(self._context)
        self._started = False
        self._understood = False
        self._ended = False
        self._service_tier: str | None = None

    def feed(self, chunk: bytes) -> list[Step]:
        """Steps that this chunk completes; see ``ClientStream``."""
        try:
            frames = self._framer.feed(chunk)
        except FrameTooLarge as error:
            raise UpstreamError(Failure(kind=FailureKind.GARBLED, message=f"the upstream sent {error}")) from None
        return [self.feed_frame(frame) for frame in frames]

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one frame; see ``ClientStream``."""
        if self._ended or frame.data == _DONE:
            return _NOTHING
        event = schema.read_event(frame.data)
        if event is None:
            return _NOTHING
        if not event.type and frame.event:  # clients look for the type inside the event only
            event.type = frame.event
            frame = schema.with_type(frame, frame.event)
        self._understood = True
        out: list[ev.Event] = []
        reader = READERS.get(event.type)
        if reader is None:
            told = self._read(event, frame, out)
            return Step(told if self._relays else None, tuple(out))
        if not self._started:
            self._start(None, out)
        reader(self._items, event, out)
        if not self._relays:
            return Step(None, tuple(out))
        if self._items.renames:
            frame = self._items.renamed(event, frame)
        return Step(frame, tuple(out))

    def end(self) -> list[Step]:
        """The last steps at end of stream; see ``ClientStream``."""
        steps = [self.feed_frame(frame) for frame in self._framer.end()]
        if not self._ended:
            failure = BROKEN_OFF if self._understood else _NO_STREAM
            steps.append(Step(None, tuple(self._close(ev.Failed(failure=failure)))))
        return steps

    def _read(self, event: schema.WireEvent, frame: Frame, out: list[ev.Event]) -> Frame:
        name = event.type
        if name in schema.TERMINALS:
            return self._terminal(event, frame, out)
        if name in schema.HOLDS_RESPONSE:
            self._start(schema.read_object(event.response), out)
        elif name == "error":
            out.extend(self._close(ev.Failed(failure=classify_error(_error_object(schema.read_object(frame.data))))))
        else:
            out.append(self._extension(name, frame))
        return frame

    def _start(self, response: JsonObject | None, out: list[ev.Event]) -> None:
        if self._started:
            return
        self._started = True
        head = response or {}
        created_at = head.get("created_at")
        out.append(
            ev.ResponseStarted(
                response_id=str(head.get("id") or ""),
                model=str(head.get("model") or self._context.model),
                created_at=int(created_at) if isinstance(created_at, int | float) else 0,
            )
        )

    def _extension(self, name: str, frame: Frame) -> ev.Event:
        known = None
        if self._read_extension is not None and not name.startswith("response."):
            known = self._read_extension(name, schema.read_object(frame.data))
        return known or ev.OpaqueEvent(dialect=Dialect.OPENAI_RESPONSES, name=name, payload=frame.data)

    def _terminal(self, event: schema.WireEvent, frame: Frame, out: list[ev.Event]) -> Frame:
        response = schema.read_object(event.response)
        self._start(response, out)
        if event.type != "response.failed":
            self._items.hydrate(response, out)
        usage = parse_usage(response)
        tier = response.get("service_tier")
        self._service_tier = tier if isinstance(tier, str) else None
        end_turn = response.get("end_turn")
        out.extend(
            self._close(
                _ending(event.type, response),
                usage=[ev.UsageReported(usage=usage)] if usage else [],
                end_turn=end_turn if isinstance(end_turn, bool) else None,
                native=self._items.completed(response),
            )
        )
        return frame

    def _close(
        self,
        ending: ev.Ending,
        *,
        usage: list[ev.UsageReported] | None = None,
        end_turn: bool | None = None,
        native: JsonObject | None = None,
    ) -> list[ev.Event]:
        self._ended = True
        out: list[ev.Event] = []
        self._start(None, out)
        self._items.close_all(out)
        out.extend(usage or [])
        out.append(ev.ResponseEnded(ending=ending, service_tier=self._service_tier, end_turn=end_turn, native=native))
        return out


def decode_whole(body: bytes, context: CallContext | None = None) -> list[ev.Event]:
    """The events of an unstreamed response object."""
    response = schema.read_object(body)
    status = response.get("status")
    name = f"response.{status}" if f"response.{status}" in schema.TERMINALS else "response.completed"
    if response.get("error"):
        name = "response.failed"
    decoder = ResponsesDecoder(context)
    frame = Frame(name, msgspec.json.encode({"type": name, "response": response}))
    steps = [decoder.feed_frame(frame), *decoder.end()] if response else decoder.end()
    return [event for step in steps for event in step.events]


def _ending(name: str, response: JsonObject) -> ev.Ending:
    if name == "response.failed":
        error = response.get("error")
        return ev.Failed(failure=classify_error(error if isinstance(error, dict) else {}))
    if name == "response.incomplete":
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return ev.Incomplete(reason=reason if isinstance(reason, str) else "unknown")
    return ev.Completed()


def _error_object(event: JsonObject) -> JsonObject:
    nested = event.get("error")
    if isinstance(nested, dict):
        return nested
    flat = {name: value for name, value in event.items() if name != "type"}
    return flat if not isinstance(nested, str) else flat | {"message": nested}
