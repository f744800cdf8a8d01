"""Conversations over stores in memory, for tests of whatever keeps accounts."""

import itertools

from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.keeping import AffinityStore, UpstreamIdentityStore
from codex_proxy.gateway.continuation import Continuation
from codex_proxy.operations.keeping.conversations import KeptConversations
from tests.stores.memory_keeping import MemoryAffinityStore, MemoryUpstreamIdentityStore
from tests.stores.memory_store import MemoryAccountStore


def conversations(
    affinity: AffinityMap, homes: AffinityStore | None = None, identities: UpstreamIdentityStore | None = None
) -> KeptConversations:
    """What a gateway remembers; stores that are not given keep nothing."""
    nobody, ids = MemoryAccountStore().row_ids, itertools.count(1)
    return KeptConversations(
        affinity=affinity,
        homes=homes or MemoryAffinityStore(nobody),
        continuation=Continuation(new_id=lambda: f"id-{next(ids)}"),
        identities=identities or MemoryUpstreamIdentityStore(nobody),
    )
