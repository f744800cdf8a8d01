"""Stop sequences, emulated on canonical events: the text is cut before the string and the upstream cancelled.

Rules of this file: pure; only answer text is looked at, never thoughts or tool arguments.  While the filter is on, no
step keeps its raw frame, since its deltas may be cut elsewhere.
"""

import math
from collections.abc import Sequence
from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import Step

BYTES_PER_TOKEN: Final = 3.6  # English prose and code, o200k vocabulary; an estimate and marked as one


class StopFilter:
    """Cuts one answer at the first stop string; ``cut`` says that it did."""

    def __init__(self, request: Request) -> None:
        self._stops = tuple(stop for stop in request.sampling.stop if stop)
        self._input_bytes = _text_bytes(request)
        self._held: dict[int, str] = {}
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
            case ev.TextEnded():
                self._flush(event.block, out)
                out.append(event)
            case ev.ThinkingDelta() | ev.ToolCallDelta():
                self._output_bytes += len(event.text.encode())
                out.append(event)
            case _:
                out.append(event)

    def _take_text(self, event: ev.TextDelta, out: list[ev.Event]) -> None:
        text = self._held.pop(event.block, "") + event.text
        found = [(place, stop) for stop in self._stops if (place := text.find(stop)) >= 0]
        if found:
            place, stop = min(found)
            self._tell(event.block, text[:place], out)
            self._end(event.block, stop, out)
            return
        kept = longest_beginning(text, self._stops)
        self._held[event.block] = text[len(text) - kept :]
        self._tell(event.block, text[: len(text) - kept], out)

    def _flush(self, block: int, out: list[ev.Event]) -> None:
        self._tell(block, self._held.pop(block, ""), out)

    def _tell(self, block: int, text: str, out: list[ev.Event]) -> None:
        if text:
            self._told.setdefault(block, []).append(text)
            self._output_bytes += len(text.encode())
            out.append(ev.TextDelta(block=block, text=text))

    def _end(self, block: int, stop: str, out: list[ev.Event]) -> None:
        self.cut = True
        out.append(ev.TextEnded(block=block, text="".join(self._told.get(block, ()))))
        usage = Usage(
            input_tokens=math.ceil(self._input_bytes / BYTES_PER_TOKEN),
            output_tokens=math.ceil(self._output_bytes / BYTES_PER_TOKEN),
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
