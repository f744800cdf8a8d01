"""Canonical events to a Responses stream: the upstream's own frames relayed, everything else synthesised.

Rules of this file: a frame of our own family passes as it came, except that frames which hold a response object are
written anew (model, output, usage); sequence numbers rise strictly whatever was inserted, and a frame that came without
one stays without; heartbeats for Codex clients carry none.  SDK clients never see the events that only Codex clients
understand, and hear of a failure in an event that their SDK raises: openai-python passes over a failed response and
says that none was completed.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.framing.sse import Frame, encode_comment, encode_frame
from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.openai_responses.failures import codex_error, sdk_error
from codex_proxy.protocols.openai_responses.stream import envelope, schema
from codex_proxy.protocols.openai_responses.stream.grammar import GRAMMAR, RELAYED
from codex_proxy.protocols.openai_responses.stream.synthesis import Synthesis
from codex_proxy.protocols.parts.answers.telling import Telling
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF

if TYPE_CHECKING:
    from codex_proxy.canonical.usage import Usage

_KEEPALIVE: Final = encode_frame(b'{"type":"keepalive"}', "keepalive")
_ENDS: Final = (ev.TextEnded, ev.RefusalEnded, ev.ThinkingEnded, ev.ToolCallEnded, ev.HostedEnded)
_NUMBER: Final = b'"sequence_number"'
_PART_TOKENS: Final = ("response.content_part.", "response.output_text.", "response.refusal.")


class ResponsesEncoder(Telling):
    """Encodes one answer; implements ``ServerStream``."""

    def __init__(self, request: Request, ids: AnswerIds) -> None:
        super().__init__(GRAMMAR)
        self._request = request
        self._codex = request.is_codex_client
        self._head = envelope.Head(response_id=f"resp_{ids.token}", model=request.model, created_at=ids.created_at)
        self._synthesis = Synthesis(token=ids.token)
        self._sequence = -1
        self._last_relayed: bytes | None = None
        self._renumber = False
        self._relays = False
        self._usage: Usage | None = None
        self._unsayable = 0

    @property
    def repairs(self) -> int:
        """Refusals of the legality machine; see ``ServerStream``."""
        return super().repairs + self._unsayable

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        """Wire bytes for these events; see ``ServerStream``."""
        if self._legality.finished:
            return b""
        if frame is not None:
            return self._relay(frame, events)
        return b"".join([self._tell(event) for event in events])

    def finish(self) -> bytes:
        """Closing bytes; see ``ServerStream``."""
        return b"" if self._legality.finished else self.fail(BROKEN_OFF)

    def fail(self, failure: Failure) -> bytes:
        """The error and nothing after it; see ``ServerStream``."""
        if self._legality.finished:
            return b""
        opening = self._open(None)
        closing = b"" if self._relays else self._write_all(self._synthesis.close())
        if self._codex:
            ended = ev.ResponseEnded(ending=ev.Failed(failure=failure))
            response = self._closing_object(ended) | {"error": codex_error(failure)}
            return opening + closing + self._write({"type": "response.failed", "response": response})
        return opening + closing + self._write({"type": "error"} | sdk_error(failure))

    def heartbeat(self) -> bytes:
        """A frame that means nothing; see ``ServerStream``."""
        if self._codex:
            return _KEEPALIVE
        if not self._legality.started or self._legality.finished:
            return encode_comment("ping")
        return self._write({"type": "response.in_progress", "response": envelope.opening(self._request, self._head)})

    # ---------------------------------------------------------------------------------------------- relaying

    def _relay(self, frame: Frame, events: Sequence[ev.Event]) -> bytes:
        name = frame.event or _type_of(frame.data)
        if name == "error" or (name == "response.failed" and not self._codex):
            return b"".join([self._tell(event) for event in events])
        if name in schema.HOLDS_RESPONSE:
            return self._relay_response(name, frame, events)
        opening = self._open_for(events)
        codex_only = name in schema.CODEX_ONLY or not name.startswith("response.")
        if codex_only and not self._codex:
            return opening
        self._relays = self._relays or self._legality.started
        self._legality.accept(RELAYED)
        if self._renumber and _NUMBER in frame.data:
            return opening + self._renumbered(name, schema.read_object(frame.data))
        if not codex_only or _NUMBER in frame.data:
            self._last_relayed = frame.data
        return opening + encode_frame(frame.data, name)

    def _relay_response(self, name: str, frame: Frame, events: Sequence[ev.Event]) -> bytes:
        members = schema.read_object(frame.data)
        native = members.get("response")
        response = native if isinstance(native, dict) else {}
        opening = b""
        if name == schema.CREATED:
            if self._legality.started:
                return b""
            self._name(response)
        else:
            opening = self._open_for(events)
        for event in events:
            match event:
                case ev.UsageReported():
                    self._usage = event.usage
                case ev.ResponseEnded(native=dict() as completed):
                    response = completed
        if not self._legality.accept(name if name != "response.queued" else "response.in_progress"):
            return opening
        self._relays = True
        told = members | {"response": envelope.relayed(response, self._request, self._head)}
        if self._renumber:
            return opening + self._renumbered(name, told)
        self._last_relayed = frame.data
        return opening + encode_frame(msgspec.json.encode(told), name)

    def _renumbered(self, name: str, members: JsonObject) -> bytes:
        if "sequence_number" in members:
            members["sequence_number"] = self._next_number()
        return encode_frame(msgspec.json.encode(members), name)

    def _name(self, response: JsonObject) -> None:
        created_at = response.get("created_at")
        self._head = envelope.Head(
            response_id=str(response.get("id") or self._head.response_id),
            model=self._head.model,
            created_at=int(created_at) if isinstance(created_at, int | float) else self._head.created_at,
        )

    # ------------------------------------------------------------------------------------------ synthesising

    def _tell(self, event: ev.Event) -> bytes:
        match event:
            case ev.ResponseStarted():
                return self._open(event)
            case ev.UsageReported():
                self._usage = event.usage
                return b""
            case ev.RateLimitsObserved():
                return b""
            case ev.OpaqueEvent():
                return self._tell_opaque(event)
            case ev.HostedStarted(origin=str()) | ev.HostedEnded(origin=str()):
                return self._leave_out(event)
            case ev.ResponseEnded():
                return self._close(event)
        if self._relays:
            # A block that relayed frames opened cannot be continued in our own words; its end says nothing new.
            self._unsayable += not isinstance(event, _ENDS)
            return b""
        if not self._synthesis.takes(event):
            self._unsayable += 1
            return b""
        return self._open(None) + self._write_all(self._synthesis.events_of(event))

    def _leave_out(self, event: ev.HostedStarted | ev.HostedEnded) -> bytes:
        """Tools of another dialect: clients would send such an item back, and no upstream of this family takes it."""
        if isinstance(event, ev.HostedStarted):
            self._drop(f"item {event.kind}")
        return b""

    def _tell_opaque(self, event: ev.OpaqueEvent) -> bytes:
        if event.dialect != Dialect.OPENAI_RESPONSES:
            self._drop(event.name)
            return b""
        if not event.name.startswith("response.") and not self._codex:
            return b""
        opening = self._open(None)
        self._legality.accept(RELAYED)
        members = schema.read_object(event.payload)
        return opening + self._numbered({**members, "type": event.name})

    def _open_for(self, events: Sequence[ev.Event]) -> bytes:
        for event in events:
            if isinstance(event, ev.ResponseStarted):
                return self._open(event)
        return b""

    def _open(self, start: ev.ResponseStarted | None) -> bytes:
        if self._legality.started:
            return b""
        if start is not None:
            self._name({"id": start.response_id, "created_at": start.created_at or self._head.created_at})
        response = envelope.opening(self._request, self._head)
        created = self._write({"type": schema.CREATED, "response": response})
        return created + self._write({"type": "response.in_progress", "response": response})

    def _close(self, end: ev.ResponseEnded) -> bytes:
        if isinstance(end.ending, ev.Failed):
            return self.fail(end.ending.failure)
        opening = self._open(None)
        closing = b"" if self._relays else self._write_all(self._synthesis.close())
        name = "response.incomplete" if isinstance(end.ending, ev.Incomplete) else "response.completed"
        return opening + closing + self._write({"type": name, "response": self._closing_object(end)})

    def _closing_object(self, end: ev.ResponseEnded) -> JsonObject:
        told = envelope.Told(output=self._synthesis.output(), usage=self._usage)
        return envelope.closing(self._request, self._head, end, told)

    # ----------------------------------------------------------------------------------------------- writing

    def _write_all(self, wire: Iterable[JsonObject]) -> bytes:
        return b"".join([self._write(members) for members in wire])

    def _write(self, members: JsonObject) -> bytes:
        token = members["type"]
        index = members.get("output_index")
        key = (index, members.get("content_index")) if token.startswith(_PART_TOKENS) else index
        if not self._legality.accept(token, key):
            return b""
        return self._numbered(members)

    def _numbered(self, members: JsonObject) -> bytes:
        self._renumber = True
        name = members["type"]
        told = {"type": name, "sequence_number": self._next_number()} | members
        return encode_frame(msgspec.json.encode(told), name)

    def _next_number(self) -> int:
        if self._last_relayed is not None:
            event = schema.read_event(self._last_relayed)
            relayed = event.sequence_number if event else None
            self._sequence = max(self._sequence, relayed if relayed is not None else self._sequence)
            self._last_relayed = None
        self._sequence += 1
        return self._sequence


def _type_of(data: bytes) -> str:
    event = schema.read_event(data)
    return event.type if event else ""
