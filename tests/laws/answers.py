"""Answers as Hypothesis draws them: legal event sequences with blocks of every kind, and sequences in disorder.

Rule of this file: strategies are made once, here, and not inside what draws from them.  Hypothesis examines a strategy
when it is first drawn from, which takes longer than the drawing; one that is made anew is examined anew.
"""

import json
import re
import string
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, ToolKind
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.request import Dialect
from codex_proxy.canonical.usage import Usage

Draw = Callable[[st.SearchStrategy[Any]], Any]

# Lone surrogates and NUL become U+FFFD on the way in (no upstream takes them), so no text has them.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
PIECES = st.lists(TEXT, min_size=1, max_size=4)
NAMES = st.text(f"{string.ascii_letters}{string.digits}_-", min_size=1, max_size=12)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return inner | st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)


_LEAVES: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT
JSON_VALUES = _around(_around(_around(_LEAVES)))
"""Nested three deep at most; ``st.recursive`` draws many values again that it then finds too large."""
JSON_OBJECTS = st.dictionaries(
    st.text(string.ascii_lowercase, min_size=1, max_size=6).map("x_{}".format), JSON_VALUES, max_size=3
)

_ARGUMENTS = st.lists(TEXT, max_size=4) | JSON_OBJECTS.map(lambda members: re.split(r"(?<=:)", json.dumps(members)))
_EITHER = st.booleans()
_SOME_NAMES = st.none() | NAMES
_THOUGHTS = st.lists(PIECES, max_size=3)
_TOOLS = st.sampled_from(list(ToolKind))
_PHASES = st.sampled_from([None, "commentary", "final_answer"])
_HOSTED_KINDS = st.sampled_from(["image_generation_call", "web_search_call", "brand_new_call"])
_PREVIEWS = st.sampled_from([1, 2, 0])
_TIERS = st.sampled_from(["default", "priority"])
_TIMES = st.integers(1, 2**31)
_PERCENTS = st.integers(0, 100)
_OFFSETS = st.integers(0, 30)

# Citations of the kinds that clients know.
_WEB = st.builds(
    Annotation, kind=st.just("url_citation"), url=TEXT, title=TEXT, start_index=_OFFSETS, end_index=_OFFSETS
)
_FILE = st.builds(Annotation, kind=st.just("file_citation"), extra=st.fixed_dictionaries({"file_id": TEXT}))
_CITATIONS = st.lists(_WEB | _FILE, max_size=2)

# Every way an answer ends.
_FAILURES = st.builds(Failure, kind=st.sampled_from([FailureKind.OVERLOADED, FailureKind.UPSTREAM_ERROR]), message=TEXT)
_ENDINGS = st.one_of(
    st.builds(ev.Completed),
    st.builds(ev.Completed),
    st.builds(ev.Incomplete, reason=st.sampled_from(["max_output_tokens", "content_filter"])),
    st.builds(ev.Failed, failure=_FAILURES),
)


_COUNTS, _SOME_COUNTS = st.integers(0, 50), st.integers(1, 50)


@st.composite
def usages(draw: Draw) -> Usage:
    """Counts that fit each other."""
    cached, reasoning = draw(_COUNTS), draw(_COUNTS)
    return Usage(
        input_tokens=cached + draw(_SOME_COUNTS),
        cached_tokens=cached,
        output_tokens=reasoning + draw(_SOME_COUNTS),
        reasoning_tokens=reasoning,
    )


_USAGES = usages()


def _text(draw: Draw, block: int, names: str) -> list[ev.Event]:
    pieces = draw(PIECES)
    cited = draw(_CITATIONS)
    return [
        ev.TextStarted(block=block, item_id=names, phase=draw(_PHASES)),
        *(ev.TextDelta(block=block, text=piece) for piece in pieces),
        *(ev.AnnotationAdded(block=block, annotation=annotation) for annotation in cited),
        ev.TextEnded(block=block, text="".join(pieces), annotations=tuple(cited)),
    ]


def _refusal(draw: Draw, block: int, names: str) -> list[ev.Event]:
    pieces = draw(PIECES)
    return [
        ev.RefusalStarted(block=block, item_id=names),
        *(ev.RefusalDelta(block=block, text=piece) for piece in pieces),
        ev.RefusalEnded(block=block, text="".join(pieces)),
    ]


def _thinking(draw: Draw, block: int, names: str) -> list[ev.Event]:
    raw = draw(_EITHER)
    parts = draw(_THOUGHTS)
    texts = tuple("".join(pieces) for pieces in parts)
    return [
        ev.ThinkingStarted(block=block, item_id=names),
        *(
            ev.ThinkingDelta(block=block, text=piece, part=part, raw=raw)
            for part, pieces in enumerate(parts)
            for piece in pieces
        ),
        ev.ThinkingEnded(
            block=block,
            summary=() if raw else texts,
            content=texts if raw else (),
            signature=draw(_SOME_NAMES),
            item_id=names,
        ),
    ]


def _call(draw: Draw, block: int, names: str) -> list[ev.Event]:
    pieces = draw(_ARGUMENTS)
    return [
        ev.ToolCallStarted(
            block=block,
            call_id=f"call_{block}",
            name=draw(NAMES),
            kind=draw(_TOOLS),
            namespace=draw(_SOME_NAMES),
            item_id=names,
        ),
        *(ev.ToolCallDelta(block=block, text=piece) for piece in pieces),
        ev.ToolCallEnded(block=block, arguments="".join(pieces)),
    ]


def _hosted(draw: Draw, block: int, names: str) -> list[ev.Event]:
    kind = draw(_HOSTED_KINDS)
    announced = {"type": kind, "id": names, "status": "in_progress"} | draw(JSON_OBJECTS)
    previews = draw(_PREVIEWS) if kind == "image_generation_call" else 0
    return [
        ev.HostedStarted(block=block, kind=kind, item=announced, item_id=names),
        *(ev.ImagePartial(block=block, data="aGk=", index=index) for index in range(previews)),
        ev.HostedEnded(
            block=block, kind=kind, item=announced | {"status": "completed", "result": "aGk="} | draw(JSON_OBJECTS)
        ),
    ]


_KINDS = {_text: "msg", _refusal: "msg", _thinking: "rs", _call: "call", _hosted: "ht"}
_MAKERS = st.lists(st.sampled_from(list(_KINDS)), max_size=6)


def _facts(draw: Draw) -> list[ev.Event]:
    found: list[ev.Event] = []
    if draw(_EITHER):
        window = RateLimitWindow(used_percent=float(draw(_PERCENTS)))
        found.append(ev.RateLimitsObserved(snapshot=RateLimitSnapshot(primary=window)))
    if draw(_EITHER):
        payload = json.dumps(draw(JSON_OBJECTS)).encode()
        found.append(ev.OpaqueEvent(dialect=Dialect.OPENAI_RESPONSES, name="response.brand_new", payload=payload))
    return found


@st.composite
def answers(draw: Draw) -> list[ev.Event]:
    """A legal answer: blocks one after another, tool calls that stand together interleaved."""
    told: list[ev.Event] = [ev.ResponseStarted(response_id="resp_1", model="gpt-5.4", created_at=draw(_TIMES))]
    told += _facts(draw)
    makers = draw(_MAKERS)
    made = [make(draw, block, f"{_KINDS[make]}_{block}") for block, make in enumerate(makers)]
    waiting: list[list[ev.Event]] = []
    for make, events in zip(makers, made, strict=True):
        if make is _call:
            told.append(events.pop(0))
            waiting.append(events)
            continue
        told += _interleaved(draw, waiting)
        waiting = []
        told += events
    told += _interleaved(draw, waiting)
    told += _facts(draw)
    if draw(_EITHER):
        told.append(ev.UsageReported(usage=draw(_USAGES)))
    return [*told, ev.ResponseEnded(ending=draw(_ENDINGS), service_tier=draw(_TIERS))]


def _interleaved(draw: Draw, streams: list[list[ev.Event]]) -> list[ev.Event]:
    """The streams as one, each in its own order."""
    left = [list(stream) for stream in streams if stream]
    told: list[ev.Event] = []
    while left:
        stream = left[draw(_INDEX_IN[len(left)])] if len(left) > 1 else left[0]
        told.append(stream.pop(0))
        left = [stream for stream in left if stream]
    return told


@st.composite
def disorders(draw: Draw) -> list[ev.Event]:
    """Events of an answer in no order: left out, doubled, moved, in blocks that nobody opened."""
    told = list(draw(_ANSWERS))
    for _ in range(draw(_FEW)):
        place = draw(st.integers(0, len(told) - 1)) if told else 0
        match draw(_DISORDERS):
            case "leave out" if told:
                told.pop(place)
            case "double" if told:
                told.insert(draw(st.integers(0, len(told))), told[place])
            case "move" if told:
                told.insert(draw(st.integers(0, len(told) - 1)), told.pop(place))
            case _:
                told.insert(place, draw(_STRAY))
    return told


_INDEX_IN = {count: st.integers(0, count - 1) for count in range(2, 7)}
_ANSWERS = answers()
_FEW = st.integers(1, 6)
_DISORDERS = st.sampled_from(["leave out", "double", "move", "strange"])
_STRAY = st.sampled_from(
    [
        ev.TextDelta(block=9, text="x"),
        ev.RefusalDelta(block=9, text="x"),
        ev.ThinkingDelta(block=9, text="x"),
        ev.ToolCallDelta(block=9, text="x"),
        ev.AnnotationAdded(block=9, annotation=Annotation(kind="url_citation", url="u")),
        ev.TextEnded(block=9, text="x"),
        ev.RefusalEnded(block=9, text="x"),
        ev.ThinkingEnded(block=9),
        ev.ToolCallEnded(block=9, arguments="{}"),
        ev.HostedEnded(block=9, kind="web_search_call", item={"type": "web_search_call", "id": "w"}),
        ev.ImagePartial(block=9, data="aGk=", index=0),
        ev.ResponseEnded(ending=ev.Completed()),
    ]
)
