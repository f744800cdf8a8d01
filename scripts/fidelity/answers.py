"""The features of answers, as events, and whether each dialect's stream shows them.

Rules of this file: a mark goes in as an event and has to come out as text of the stream, or a note says why not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, ToolKind
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds, ServerCodec
from scripts.fidelity.fragments import ANTHROPIC, BASES, CHAT, GEMINI, OLLAMA, RESPONSES, Fragment, merged
from scripts.fidelity.verdicts import MARK, PIXEL, Fate

IDS = AnswerIds(token="fidelity0fidelity0fideli", created_at=1_790_000_000, request_id="req_fidelity")
TOKEN = f"gAAAA-{MARK}"
SHOWING: dict[str, Fragment] = {
    CHAT: {"stream_options": {"include_usage": True}, "include_reasoning_details": True},
    RESPONSES: {},
    ANTHROPIC: {
        "thinking": {"type": "adaptive", "display": "summarized"},
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
    },
    GEMINI: {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}},
    OLLAMA: {"think": True},
}
"""What a client says so that everything is shown to it."""

COMPLETED = ev.Completed()

_OLLAMA = frozenset({OLLAMA})
_START = ev.ResponseStarted(response_id="resp_1", model="gpt-5.4", created_at=1)
_TEXT = (
    ev.TextStarted(block=0, item_id="msg_1"),
    ev.TextDelta(block=0, text=MARK),
    ev.TextEnded(block=0, text=MARK),
)
_CITED = Annotation(kind="url_citation", url=f"https://example.invalid/{MARK}", title="t", start_index=0, end_index=2)
_SEARCH = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": MARK},
}
_PICTURE = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PIXEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFeature:
    """A feature of answers: its events between start and end, its ending, and what the stream has to hold.

    ``absent_in`` names dialects that have no word for it.
    """

    name: str
    events: tuple[ev.Event, ...] = ()
    ending: ev.Ending = COMPLETED
    shows: tuple[bytes, ...] = (MARK.encode(),)
    absent_in: frozenset[str] = frozenset()


def _call(block: int, name: str, kind: ToolKind = ToolKind.FUNCTION) -> tuple[ev.Event, ...]:
    arguments = f'{{"a":"{MARK}-{block}"}}' if kind is ToolKind.FUNCTION else f"{MARK}-{block}"
    return (
        ev.ToolCallStarted(block=block, call_id=f"call_{block}", name=name, kind=kind, item_id=f"fc_{block}"),
        ev.ToolCallDelta(block=block, text=arguments),
        ev.ToolCallEnded(block=block, arguments=arguments),
    )


def _thought(text: str, signature: str | None) -> tuple[ev.Event, ...]:
    return (
        ev.ThinkingStarted(block=0, item_id="rs_1"),
        ev.ThinkingDelta(block=0, text=text),
        ev.ThinkingEnded(block=0, summary=(text,), signature=signature, item_id="rs_1"),
        ev.TextStarted(block=1, item_id="msg_1"),
        ev.TextDelta(block=1, text="yes"),
        ev.TextEnded(block=1, text="yes"),
    )


FEATURES: tuple[AnswerFeature, ...] = (
    AnswerFeature(name="text", events=_TEXT),
    AnswerFeature(
        name="refusal",
        events=(ev.RefusalStarted(block=0), ev.RefusalDelta(block=0, text=MARK), ev.RefusalEnded(block=0, text=MARK)),
    ),
    AnswerFeature(name="thoughts, readable", events=_thought(MARK, None)),
    AnswerFeature(name="thoughts, encrypted", events=_thought("hm", TOKEN), shows=(), absent_in=_OLLAMA),
    AnswerFeature(name="tool call", events=_call(0, "f"), shows=(f"{MARK}-0".encode(),)),
    AnswerFeature(
        name="parallel tool calls",
        events=(*_call(0, "f"), *_call(1, "g")),
        shows=(f"{MARK}-0".encode(), f"{MARK}-1".encode()),
    ),
    AnswerFeature(name="free-text tool call", events=_call(0, "f", ToolKind.CUSTOM), shows=(f"{MARK}-0".encode(),)),
    AnswerFeature(
        name="web citation",
        events=(
            _TEXT[0],
            ev.TextDelta(block=0, text="x"),
            ev.AnnotationAdded(block=0, annotation=_CITED),
            ev.TextEnded(block=0, text="x", annotations=(_CITED,)),
        ),
    ),
    AnswerFeature(
        name="web search, its query",
        events=(
            ev.HostedStarted(block=0, kind="web_search_call", item=_SEARCH, item_id="ws_1"),
            ev.HostedEnded(block=0, kind="web_search_call", item=_SEARCH),
        ),
    ),
    AnswerFeature(
        name="generated picture",
        events=(
            ev.HostedStarted(block=0, kind="image_generation_call", item=_PICTURE, item_id="ig_1"),
            ev.HostedEnded(block=0, kind="image_generation_call", item=_PICTURE),
        ),
        shows=(PIXEL.encode(),),
    ),
    AnswerFeature(
        name="usage",
        events=(*_TEXT, ev.UsageReported(usage=Usage(input_tokens=71_001, output_tokens=72_002))),
        shows=(b"72002",),
    ),
    AnswerFeature(
        name="usage: cached tokens",
        events=(*_TEXT, ev.UsageReported(usage=Usage(input_tokens=71_001, cached_tokens=70_003, output_tokens=5))),
        shows=(b"70003",),
        absent_in=_OLLAMA,
    ),
    AnswerFeature(
        name="usage: reasoning tokens",
        events=(*_TEXT, ev.UsageReported(usage=Usage(input_tokens=5, output_tokens=72_002, reasoning_tokens=70_004))),
        shows=(b"70004",),
        absent_in=_OLLAMA,
    ),
    AnswerFeature(name="end: cut by length", events=_TEXT, ending=ev.Incomplete(reason="max_output_tokens"), shows=()),
    AnswerFeature(name="end: content filter", events=_TEXT, ending=ev.Incomplete(reason="content_filter"), shows=()),
    AnswerFeature(
        name="end: failure within the stream",
        events=_TEXT,
        ending=ev.Failed(failure=Failure(kind=FailureKind.OVERLOADED, message=f"{MARK}-failed")),
        shows=(f"{MARK}-failed".encode(),),
    ),
)
"""Features without a mark of their own are told by comparing the stream with that of the plain answer."""


def fate_of_answer(dialect: str, codec: ServerCodec, feature: AnswerFeature) -> Fate:
    """Encode the events and look for the feature in the stream."""
    if dialect in feature.absent_in:
        return Fate.ABSENT
    written, notes = encoded(dialect, codec, feature.events, feature.ending)
    if feature.shows:
        shown = all(_holds(written, mark) for mark in feature.shows)
    else:
        plain, _ = encoded(dialect, codec, _plain(feature), COMPLETED)
        shown = written != plain
    if shown:
        return Fate.MAPPED
    if any(note.weight is Weight.LOSSY for note in notes):
        return Fate.LOSSY
    return Fate.NOTED if notes else Fate.SILENT


def encoded(dialect: str, codec: ServerCodec, events: Sequence[ev.Event], ending: ev.Ending) -> tuple[bytes, Any]:
    """The stream of these events, and the notes of its encoder."""
    body = merged(BASES[dialect], SHOWING[dialect] | {"stream": True})
    request = codec.parse_request(msgspec.json.encode(body), headers={}).request
    stream = codec.open_stream(request, IDS)
    told = (_START, *events, ev.ResponseEnded(ending=ending))
    written = b"".join([stream.encode([event]) for event in told]) + stream.finish()
    return written, stream.notes


def _plain(feature: AnswerFeature) -> tuple[ev.Event, ...]:
    """The same events without what the feature adds."""
    if feature.ending != COMPLETED:
        return feature.events
    return _thought("hm", None)


def _holds(written: bytes, mark: bytes) -> bool:
    """Whether the mark stands in the stream, as it is or inside a JSON text."""
    return mark in written or mark.replace(b'"', b'\\"') in written
