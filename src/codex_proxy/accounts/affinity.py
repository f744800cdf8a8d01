"""Affinity: the account a conversation lives with, so that the upstream's prompt cache stays warm.

Rules of this file: bounded; keyed by client key and conversation; a conversation that is known by key but no longer
remembered finds its account by rendezvous hash.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, TypeAlias

ConversationKey: TypeAlias = tuple[str, str]
"""Client key id and conversation id."""

MAX_CONVERSATIONS: Final = 50_000


class AffinityMap:
    """Homes of conversations, least recently used ones forgotten first."""

    def __init__(self, *, limit: int = MAX_CONVERSATIONS) -> None:
        self._limit = limit
        self._homes: OrderedDict[ConversationKey, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._homes)

    def home(self, conversation: ConversationKey) -> str | None:
        """The account this conversation lives with."""
        found = self._homes.get(conversation)
        if found is not None:
            self._homes.move_to_end(conversation)
        return found

    def settle(self, conversation: ConversationKey, row_id: str) -> None:
        """Remember where a conversation lives from now on."""
        self._homes[conversation] = row_id
        self._homes.move_to_end(conversation)
        while len(self._homes) > self._limit:
            self._homes.popitem(last=False)


def rendezvous(conversation: ConversationKey, row_ids: Sequence[str]) -> list[str]:
    """The accounts by their hash with the conversation, highest first: stable while accounts come and go."""

    def weight(row_id: str) -> bytes:
        return hashlib.sha256("\0".join((*conversation, row_id)).encode()).digest()

    return sorted(row_ids, key=lambda row_id: (weight(row_id), row_id), reverse=True)
