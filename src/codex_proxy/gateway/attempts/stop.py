"""Stop sequences, emulated on canonical events: the text is cut before the string and the upstream cancelled.

Rules of this file: pure; only answer text is looked at, never thoughts or tool arguments.  Text blocks that follow each
other are one text, in which a stop string may begin in one block and end in another.  While the filter is on, no step
keeps its raw frame, since its deltas may be cut elsewhere.
"""

from collections import deque
from collections.abc import Sequence

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage, tokens_of_size
from codex_proxy.protocols.base import Step


class StopFilter:
    """Cuts one answer at the first stop string; ``cut`` says that it did."""

    def __init__(self, request: Request) -> None:
        self._stops = tuple(stop for stop in request.sampling.stop if stop)
        self._input_bytes = _text_bytes(request)
        self._held: deque[ev.Event] = deque()  # in order, the first a delta: its text may begin a stop string
        self._held_text = ""
        self._told: dict[int, list[str]] = {}
        self._output_bytes = 0
        self.cut = False

    def apply(self, steps: Sequence[Step]) -> list[Step]:
        """The steps with stop strings enforced; after a cut nothing more comes out."""
        out: list[ev.Event] = []
        for step in steps:
            for event in step.events:
                if not self.cut:
                    self._take(event, out)
        return [Step(None, tuple(out))] if out else []

    def _take(self, event: ev.Event, out: list[ev.Event]) -> None:
        match event:
            case ev.TextDelta():
                self._take_text(event, out)
            case ev.RateLimitsObserved():
                out.append(event)
            case ev.TextStarted() | ev.TextEnded() | ev.AnnotationAdded() | ev.OpaqueEvent() if self._held:
                self._held.append(event)
            case _:
                self._release(len(self._held_text), out)
                if isinstance(event, ev.ThinkingDelta | ev.ToolCallDelta):
                    self._output_bytes += len(event.text.encode())
                out.append(event)

    def _take_text(self, event: ev.TextDelta, out: list[ev.Event]) -> None:
        if not event.text:
            return
        self._held.append(event)
        self._held_text += event.text
        text = self._held_text
        found = [(place, stop) for stop in self._stops if (place := text.find(stop)) >= 0]
        if found:
            place, stop = min(found)
            self._release(place, out)
            self._end(stop, out)
        else:
            self._release(len(text) - longest_beginning(text, self._stops), out)

    def _release(self, characters: int, out: list[ev.Event]) -> None:
        """Let go of so much of the held text, and of what stands before the rest of it."""
        self._held_text = self._held_text[characters:]
        while self._held:
            event = self._held[0]
            if isinstance(event, ev.TextDelta):
                told, rest = event.text[:characters], event.text[characters:]
                characters -= len(told)
                self._tell(event.block, told, out)
                if rest:
                    self._held[0] = ev.TextDelta(block=event.block, text=rest)
                    return
            else:
                out.append(event)
            self._held.popleft()

    def _tell(self, block: int, text: str, out: list[ev.Event]) -> None:
        if text:
            self._told.setdefault(block, []).append(text)
            self._output_bytes += len(text.encode())
            out.append(ev.TextDelta(block=block, text=text))

    def _end(self, stop: str, out: list[ev.Event]) -> None:
        """End the answer in the block where the stop string begins."""
        self.cut = True
        block = next(event.block for event in self._held if isinstance(event, ev.TextDelta))
        out.append(ev.TextEnded(block=block, text="".join(self._told.get(block, ()))))
        usage = Usage(
            input_tokens=tokens_of_size(self._input_bytes),
            output_tokens=tokens_of_size(self._output_bytes),
            estimated=True,
        )
        out.append(ev.UsageReported(usage=usage))
        out.append(ev.ResponseEnded(ending=ev.Completed(stop_sequence=stop)))


def longest_beginning(text: str, stops: Sequence[str]) -> int:
    """How many characters at the end of ``text`` may be the beginning of a stop string."""
    for length in range(min(len(text), max((len(stop) for stop in stops), default=1) - 1), 0, -1):
        tail = text[len(text) - length :]
        if any(stop.startswith(tail) for stop in stops):
            return length
    return 0


def _text_bytes(request: Request) -> int:
    texts = [block.text for turn in request.turns for block in turn.blocks if isinstance(block, Text)]
    return sum(len(text.encode()) for text in (request.instructions or "", *texts))
