"""Signatures of thoughts, which wait for the part they go out with.

Rules of this file: a signature is attached to the next function call, or to the answer's last text.
"""

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Thinking
from codex_proxy.protocols.gemini.signing import write_signature


class Signatures:
    """The one signature that waits, in wire form."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: str | None = None

    def add(self, thought: Thinking | ev.ThinkingEnded) -> str | None:
        """Keep this thought's signature; the one that it pushes out has to be told at once."""
        if thought.signature is None:
            return None
        pushed = self._waiting
        self._waiting = write_signature(
            thought.signature, origin=thought.origin, item_id=thought.item_id, redacted=thought.redacted
        )
        return pushed

    def take(self) -> str | None:
        """The signature for the part that goes out now."""
        waiting, self._waiting = self._waiting, None
        return waiting
