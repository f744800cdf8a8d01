"""What is remembered of conversations, and what is kept of that."""

from collections.abc import Sequence

import pytest

from codex_proxy.accounts.affinity import MAX_CONVERSATIONS, AffinityMap
from codex_proxy.accounts.keeping import KeptIdentity
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount, StoreUnusable
from codex_proxy.operations.keeping.conversations import KeptConversations
from tests.gateway.test_continuation import ANSWERED, ASKED, NOW
from tests.operations.keeping.remembering import conversations
from tests.stores.memory_keeping import MemoryAffinityStore, MemoryUpstreamIdentityStore
from tests.stores.memory_store import MemoryAccountStore

TALK = ("key", "conversation")


class Identities(MemoryUpstreamIdentityStore):
    """A store that refuses to write while it is ``broken``."""

    broken = False

    async def keep(self, kept: Sequence[KeptIdentity]) -> None:
        if self.broken:
            raise StoreUnusable("the disk is full")
        await super().keep(kept)


class Scene:
    """Stores with accounts ``a`` and ``b``, and as many gateways over them as a test wants."""

    def __init__(self) -> None:
        self.accounts = MemoryAccountStore()
        self.homes, self.identities = (
            MemoryAffinityStore(self.accounts.row_ids),
            Identities(self.accounts.row_ids),
        )

    async def begin(self) -> "Scene":
        for row_id in "ab":
            secrets = Secrets(access_token=row_id)
            new = NewAccount(row_id=row_id, identity=Identity(issuer="i"), secrets=secrets)
            await self.accounts.put(new, now=NOW)
        return self

    async def gateway(self) -> tuple[KeptConversations, AffinityMap]:
        affinity = AffinityMap()
        kept = conversations(affinity, self.homes, self.identities)
        await kept.load()
        return kept, affinity


async def test_a_conversation_goes_on_after_a_restart_where_it_lived_and_as_who_it_was() -> None:
    scene = await Scene().begin()
    before, affinity = await scene.gateway()
    affinity.settle(TALK, "a", NOW)
    known = {row_id: before.continuation.identity((row_id, *TALK), ASKED, NOW) for row_id in "ab"}
    before.continuation.keep_turn_state(("a", *TALK), known["a"], "state", NOW)
    await before.write()
    after, homes = await scene.gateway()
    assert homes.home(TALK, NOW) == "a"
    again = {row_id: after.continuation.identity((row_id, *TALK), ANSWERED, NOW) for row_id in "ab"}
    assert again["b"] == known["b"]
    assert (again["a"].session_id, again["a"].turn_state) == (known["a"].session_id, "state")
    assert again["a"].session_id != again["b"].session_id


async def test_nothing_to_write_writes_nothing() -> None:
    scene = await Scene().begin()
    kept, _ = await scene.gateway()
    scene.identities.broken = True
    await kept.write()


async def test_ids_that_could_not_be_written_are_written_the_next_time() -> None:
    scene = await Scene().begin()
    kept, affinity = await scene.gateway()
    affinity.settle(TALK, "a", NOW)
    kept.continuation.identity(("a", *TALK), ASKED, NOW)
    scene.identities.broken = True
    with pytest.raises(StoreUnusable):
        await kept.write()
    assert len(await scene.homes.load(limit=9)) == 1
    scene.identities.broken = False
    await kept.write()
    assert len(await scene.identities.load(limit=9)) == 1


async def test_no_more_is_kept_than_is_remembered() -> None:
    scene = await Scene().begin()
    asked: list[int] = []

    class Counting(Identities):
        async def trim(self, *, limit: int) -> int:
            asked.append(limit)
            return await super().trim(limit=limit)

    trimming = conversations(AffinityMap(), scene.homes, Counting(scene.accounts.row_ids))
    await trimming.trim()
    assert asked == [MAX_CONVERSATIONS]
