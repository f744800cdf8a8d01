"""Conversations in memory and what is kept of them: where each lives, and who it is upstream with each account.

Rules of this file: written in batches, and what could not be written is written the next time; kept as many as are
remembered.  Every method raises ``StoreUnusable``.
"""

from codex_proxy.accounts.affinity import MAX_CONVERSATIONS, AffinityMap
from codex_proxy.accounts.keeping import AffinityStore, Home, KeptIdentity, UpstreamIdentityStore
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.gateway.continuation import Continuation, ConversationKey, Known


class KeptConversations:
    """Homes and upstream ids, over their stores."""

    def __init__(
        self,
        *,
        affinity: AffinityMap,
        homes: AffinityStore,
        continuation: Continuation,
        identities: UpstreamIdentityStore,
    ) -> None:
        self.continuation = continuation
        self._affinity = affinity
        self._homes = homes
        self._identities = identities

    async def load(self) -> None:
        """Take in what is kept."""
        self._affinity.restore(await self._homes.load(limit=MAX_CONVERSATIONS))
        self.continuation.restore(map(_known, await self._identities.load(limit=MAX_CONVERSATIONS)))

    async def write(self) -> None:
        """Write what changed."""
        await self._write_homes()
        await self._write_identities()

    async def trim(self) -> None:
        """Forget what is remembered no more."""
        await self._homes.trim(limit=MAX_CONVERSATIONS)
        await self._identities.trim(limit=MAX_CONVERSATIONS)

    async def _write_homes(self) -> None:
        dirty = self._affinity.take_dirty()
        if not dirty:
            return
        homes = [
            Home(conversation=conversation, row_id=residence.row_id, used_at=residence.used_at)
            for conversation, residence in dirty.items()
        ]
        try:
            await self._homes.keep(homes)
        except StoreUnusable:
            self._affinity.mark(dirty)
            raise

    async def _write_identities(self) -> None:
        dirty = self.continuation.take_dirty()
        if not dirty:
            return
        try:
            await self._identities.keep([_kept(key, known) for key, known in dirty.items()])
        except StoreUnusable:
            self.continuation.mark(dirty)
            raise


def _kept(key: ConversationKey, known: Known) -> KeptIdentity:
    row_id, client_key_id, conversation_id = key
    return KeptIdentity(
        conversation=(client_key_id, conversation_id),
        row_id=row_id,
        used_at=known.used_at,
        identity=known.identity,
    )


def _known(kept: KeptIdentity) -> tuple[ConversationKey, Known]:
    return (kept.row_id, *kept.conversation), Known(kept.identity, kept.used_at)
