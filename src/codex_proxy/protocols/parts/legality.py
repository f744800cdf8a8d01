"""Legality: a stream's grammar as data, and the machine that holds an encoder to it.

Rules of this file: a dialect states its grammar as a ``Grammar`` value; the machine accepts or refuses one wire token
at a time and counts refusals.  An encoder asks before it writes and drops or repairs what is refused; in tests the
count must stay 0.
"""

from collections.abc import Hashable

import msgspec


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """What a legal stream looks like.

    Tokens are the dialect's words for wire units.  ``start`` comes first and once.  ``opens`` maps a token to the kind
    of block it opens under a key, ``inside`` to the kinds of block it may occur in, ``closes`` to the kind it closes.
    ``sequential`` kinds allow one open block at a time, ``one_at_a_time`` one of any kind.  ``finish`` tokens come
    once, with every block closed; ``after`` tokens may follow the finish, ``free`` ones stand anywhere between start
    and finish.
    """

    start: str
    finish: frozenset[str]
    opens: dict[str, str] = {}
    inside: dict[str, frozenset[str]] = {}
    closes: dict[str, str] = {}
    free: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    sequential: frozenset[str] = frozenset()
    one_at_a_time: bool = False


class Legality:
    """The machine for one stream."""

    __slots__ = ("_finished", "_grammar", "_open", "_started", "refused")

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._open: dict[Hashable, str] = {}
        self._started = False
        self._finished = False
        self.refused = 0

    @property
    def started(self) -> bool:
        """Whether the start token was accepted."""
        return self._started

    @property
    def finished(self) -> bool:
        """Whether a finish token was accepted."""
        return self._finished

    @property
    def open_blocks(self) -> tuple[tuple[Hashable, str], ...]:
        """Keys and kinds of the blocks still open, oldest first."""
        return tuple(self._open.items())

    def accept(self, token: str, key: Hashable = None) -> bool:
        """Whether ``token`` may be written now; a True answer means that it is."""
        legal = self._step(token, key)
        if not legal:
            self.refused += 1
        return legal

    def _step(self, token: str, key: Hashable) -> bool:
        grammar = self._grammar
        if self._finished:
            return token in grammar.after
        if not self._started:
            return self._begin(token)
        kinds = grammar.inside.get(token)
        if kinds is not None:
            return self._open.get(key) in kinds
        if token in grammar.free:
            return True
        if token in grammar.opens:
            return self._open_block(grammar.opens[token], key)
        if token in grammar.closes:
            return self._close_block(grammar.closes[token], key)
        return self._finish(token)

    def _begin(self, token: str) -> bool:
        if token in self._grammar.before:
            return True
        self._started = token == self._grammar.start
        return self._started

    def _open_block(self, kind: str, key: Hashable) -> bool:
        if key in self._open or (self._grammar.one_at_a_time and self._open):
            return False
        if kind in self._grammar.sequential and kind in self._open.values():
            return False
        self._open[key] = kind
        return True

    def _close_block(self, kind: str, key: Hashable) -> bool:
        if self._open.get(key) != kind:
            return False
        del self._open[key]
        return True

    def _finish(self, token: str) -> bool:
        if token not in self._grammar.finish or self._open:
            return False
        self._finished = True
        return True
