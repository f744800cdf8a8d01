"""Affinity: the account a conversation lives with, so that the upstream's prompt cache stays warm.

Rules of this file: bounded; keyed by client key and conversation; a conversation that is known by key but no longer
remembered finds its account by rendezvous hash.  What changed is taken and written elsewhere, in batches.  Times are
epoch seconds.
"""

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple, Protocol, TypeAlias

ConversationKey: TypeAlias = tuple[str, str]
"""Client key id and conversation id."""

MAX_CONVERSATIONS: Final = 50_000
_PRIME: Final = 2**30 - 35  # to multiply and divide numbers of up to 30 bits costs half (measured)
TOUCH_SECONDS: Final = 600.0  # a use within this time of the one written last is not written again


class Residence(NamedTuple):
    """Where a conversation lives, and when that was last of use, to within ``TOUCH_SECONDS``."""

    row_id: str
    used_at: float


class KeptHome(Protocol):
    """A home as a store gives it back."""

    @property
    def conversation(self) -> ConversationKey: ...
    @property
    def row_id(self) -> str: ...
    @property
    def used_at(self) -> float: ...


class AffinityMap:
    """Homes of conversations, least recently used ones forgotten first."""

    def __init__(self, *, limit: int = MAX_CONVERSATIONS) -> None:
        self._limit = limit
        self._homes: OrderedDict[ConversationKey, Residence] = OrderedDict()
        self._by_account: defaultdict[str, set[ConversationKey]] = defaultdict(set)
        self._dirty: set[ConversationKey] = set()

    def __len__(self) -> int:
        return len(self._homes)

    def home(self, conversation: ConversationKey, now: float) -> str | None:
        """The account this conversation lives with; asking is using."""
        found = self._homes.get(conversation)
        if found is None:
            return None
        self._homes.move_to_end(conversation)
        if now - found.used_at >= TOUCH_SECONDS:
            self._write(conversation, found.row_id, now)
        return found.row_id

    def settle(self, conversation: ConversationKey, row_id: str, now: float) -> None:
        """Remember where a conversation lives from now on."""
        self._write(conversation, row_id, now)
        self._homes.move_to_end(conversation)
        self._bound()

    def leave(self, row_ids: Collection[str]) -> None:
        """Forget the homes with these accounts."""
        for row_id in row_ids:
            for conversation in self._by_account.pop(row_id, ()):
                del self._homes[conversation]
                self._dirty.discard(conversation)

    def take_dirty(self) -> dict[ConversationKey, Residence]:
        """What changed since the last taking, to be written; whoever cannot write it gives it to ``mark``."""
        taken = {conversation: self._homes[conversation] for conversation in self._dirty}
        self._dirty.clear()
        return taken

    def mark(self, conversations: Iterable[ConversationKey]) -> None:
        """These homes have to be written still."""
        self._dirty.update(conversation for conversation in conversations if conversation in self._homes)

    def restore(self, homes: Iterable[KeptHome]) -> None:
        """Take in what a store kept, latest first; what is known here already is newer and stays."""
        for home in homes:
            if len(self._homes) >= self._limit:
                return
            if home.conversation not in self._homes:
                self._set(home.conversation, Residence(home.row_id, home.used_at))
                self._homes.move_to_end(home.conversation, last=False)

    def _write(self, conversation: ConversationKey, row_id: str, now: float) -> None:
        self._set(conversation, Residence(row_id, now))
        self._dirty.add(conversation)

    def _set(self, conversation: ConversationKey, residence: Residence) -> None:
        before = self._homes.get(conversation)
        if before is not None:
            self._by_account[before.row_id].discard(conversation)
        self._homes[conversation] = residence
        self._by_account[residence.row_id].add(conversation)

    def _bound(self) -> None:
        while len(self._homes) > self._limit:
            forgotten, home = self._homes.popitem(last=False)
            self._by_account[home.row_id].discard(forgotten)
            self._dirty.discard(forgotten)


def point_of(name: str) -> int:
    """The number that stands for an account or a conversation in a rendezvous, the same in every process."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % (_PRIME - 1) + 1


def rendezvous(conversation: ConversationKey, groups: Sequence[Mapping[str, int]]) -> Iterator[str]:
    """The accounts of all groups by their hash with the conversation: stable while others come and go.

    Groups hold ``point_of`` each row id.  An account's weight is the product of its point and the conversation's,
    modulo a prime.
    """
    point = point_of("\0".join(conversation))
    weights = [point * other % _PRIME for points in groups for other in points.values()]
    if not weights:
        return
    first = next(islice(chain.from_iterable(groups), weights.index(max(weights)), None))
    yield first
    ranked = sorted(zip(weights, chain.from_iterable(groups), strict=True), reverse=True)
    yield from (row_id for _, row_id in ranked if row_id != first)
