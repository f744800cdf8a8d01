"""Between upstream and client: what is held back, when the exchange commits, and what the answer amounted to.

Rules of this file: a streamed answer commits with its first content, an unstreamed one at its end; before that, a
failure or an empty answer hands nothing over, so that another account may still answer.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.gateway.ports import Accepted
from codex_proxy.protocols.base import AnyStep

if TYPE_CHECKING:
    from codex_proxy.canonical.usage import Usage

_CONTENT: Final = frozenset(ev.CONTENT_EVENTS)
_ANSWER: Final = _CONTENT - {ev.ThinkingDelta}
_TEXTS: Final = frozenset({ev.TextDelta, ev.RefusalDelta, ev.ThinkingDelta, ev.ToolCallDelta})
_FACTS: Final = frozenset({ev.UsageReported, ev.RateLimitsObserved, ev.HostedEnded, ev.ResponseEnded})
_COMPACTION: Final = "compaction"
_PICTURE: Final = "image_generation_call"
_FRAME_LENGTH: Final = 4  # characters of a token, which is what upstreams mostly send in a frame
EMPTY: Final = Failure(kind=FailureKind.EMPTY_ANSWER, message="the upstream's answer had no content")


class Delivery:
    """One attempt's answer on its way to the client.

    ``takes_empty`` lets an answer without content be one.  ``compacted`` says that it holds an item that only this
    account can open; ``texts_length`` are the characters of texts, thoughts and arguments, ``delivered_count`` the
    pieces that came.
    """

    def __init__(
        self,
        *,
        accept: Callable[[Accepted], None],
        accepted: Accepted,
        at_end: bool,
        commit: Callable[[], None],
        observe_limits: Callable[[RateLimitSnapshot], None],
        takes_empty: bool = False,
    ) -> None:
        self._accept = accept
        self._accepted = accepted
        self._at_end = at_end
        self._commit = commit
        self._observe_limits = observe_limits
        self._takes_empty = takes_empty
        self._held: list[AnyStep] = []
        self.committed = False
        self.has_answer = False
        self.compacted = False
        self.texts_length = 0
        self.images_count = 0
        self.delivered_count = 0
        self.usage: Usage | None = None
        self.end: ev.ResponseEnded | None = None

    def take(self, steps: Sequence[AnyStep]) -> Sequence[AnyStep]:
        """The next steps, in order; what of them and of those held the client is to get now."""
        content = False
        self.delivered_count += 1
        for step in steps:
            for event in step.events:
                kind = type(event)
                if kind in _TEXTS:
                    self.texts_length += len(event.text)  # type: ignore[union-attr]  # these all have it
                if kind in _ANSWER:
                    content = self.has_answer = True
                elif kind in _CONTENT:
                    content = True
                elif kind in _FACTS:
                    self._note(event)
        if self.committed:
            return steps
        self._held.extend(steps)
        return self.hand_over() if content and not self._at_end else ()

    def skimmed(self, frames_count: int) -> None:
        """A chunk of so many frames went by unread: once an answer has begun, more of it says nothing new."""
        self.delivered_count += 1
        self.texts_length += frames_count * _FRAME_LENGTH

    def failure(self) -> Failure | None:
        """Why the attempt failed, once its stream is over; None if it answered."""
        ending = self.end.ending if self.end else None
        if isinstance(ending, ev.Failed):
            return ending.failure
        if not isinstance(ending, ev.Completed) or self.committed or self.has_answer or self._takes_empty:
            return None
        return EMPTY

    def hand_over(self) -> Sequence[AnyStep]:
        """Commit: what was held back, for the client; from now on steps pass through."""
        if not self.committed:
            self.committed = True
            self._commit()
            self._accept(self._accepted)
        held, self._held = self._held, []
        return held

    def _note(self, event: ev.Event) -> None:
        match event:
            case ev.UsageReported():
                self.usage = event.usage
            case ev.RateLimitsObserved():
                self._observe_limits(event.snapshot)
            case ev.HostedEnded():
                self.compacted = self.compacted or event.kind == _COMPACTION
                self.images_count += event.kind == _PICTURE
            case ev.ResponseEnded():
                self.end = event
