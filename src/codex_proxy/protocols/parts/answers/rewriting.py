"""Answers whose text is not quite the client's: taken out of a wrapper, freed of nulls, as the call's context says.

Rules of this file: incremental; deltas keep flowing and nothing is parsed twice.  Frames are dropped, since their text
is no longer the answer's.  A client codec that asked for such an answer puts ``rewritten_stream`` around its decoder
and ``rewritten`` around whole answers.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import CallContext, ClientStream, Step
from codex_proxy.protocols.parts.answers.nulls import NullRemover
from codex_proxy.protocols.parts.answers.unwrap import Unwrapper


class TextRewriter(Protocol):
    """Rewrites the text of one block, piece by piece."""

    def feed(self, text: str) -> str:
        """What can be told after this piece."""
        ...

    def end(self) -> str:
        """What was held back."""
        ...


def rewritten_stream(inner: ClientStream, context: CallContext) -> ClientStream:
    """A decoder with the context's rewriting around it; itself where there is none."""
    return _RewrittenStream(inner, context) if _rewrites(context) else inner


def rewritten(events: list[ev.Event], context: CallContext) -> list[ev.Event]:
    """The events of a whole answer, likewise."""
    if not _rewrites(context):
        return events
    rewriting = _Rewriting(context)
    return [made for event in events for made in rewriting.take(event)]


def _rewrites(context: CallContext) -> bool:
    return context.unwrap_key is not None or context.loose_schema is not None


class _RewrittenStream:
    """A decoder whose texts are rewritten."""

    def __init__(self, inner: ClientStream, context: CallContext) -> None:
        self._inner = inner
        self._rewriting = _Rewriting(context)

    def feed(self, chunk: bytes) -> list[Step]:
        """See ``ClientStream``."""
        return [self._step(step) for step in self._inner.feed(chunk)]

    def feed_frame(self, frame: Frame) -> Step:
        """See ``ClientStream``."""
        return self._step(self._inner.feed_frame(frame))

    def end(self) -> list[Step]:
        """See ``ClientStream``."""
        return [self._step(step) for step in self._inner.end()]

    def _step(self, step: Step) -> Step:
        return Step(None, tuple(made for event in step.events for made in self._rewriting.take(event)))


class _Both:
    """Out of the wrapper first, then without its nulls."""

    def __init__(self, context: CallContext) -> None:
        rewriters: list[TextRewriter] = []
        if context.unwrap_key is not None:
            rewriters.append(Unwrapper(context.unwrap_key))
        if context.loose_schema is not None:
            rewriters.append(NullRemover(context.loose_schema))
        self._rewriters = tuple(rewriters)

    def feed(self, text: str) -> str:
        for rewriter in self._rewriters:
            text = rewriter.feed(text)
        return text

    def end(self) -> str:
        rest = ""
        for rewriter in self._rewriters:
            rest = rewriter.feed(rest) + rewriter.end()
        return rest


class _Rewriting:
    """The texts of one answer."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._open: dict[int, _Both] = {}
        self._told: dict[int, list[str]] = {}

    def take(self, event: ev.Event) -> Iterator[ev.Event]:
        match event:
            case ev.TextStarted():
                self._open[event.block] = _Both(self._context)
                self._told[event.block] = []
                yield event
            case ev.TextDelta() if event.block in self._open:
                yield from self._say(event.block, self._open[event.block].feed(event.text))
            case ev.TextEnded() if event.block in self._open:
                yield from self._say(event.block, self._open.pop(event.block).end())
                text = "".join(self._told.pop(event.block))
                yield msgspec.structs.replace(event, text=text or self._whole(event.text))
            case ev.ResponseEnded():
                for block in list(self._open):
                    yield from self._say(block, self._open.pop(block).end())
                yield msgspec.structs.replace(event, native=None)
            case _:
                yield event

    def _say(self, block: int, text: str) -> Iterator[ev.Event]:
        if text:
            self._told.setdefault(block, []).append(text)
            yield ev.TextDelta(block=block, text=text)

    def _whole(self, text: str) -> str:
        """A text that came without deltas."""
        both = _Both(self._context)
        return both.feed(text) + both.end()
