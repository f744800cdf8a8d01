"""What every store of handed-out keys keeps to, on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from codex_proxy.access.granted.budgets import Amount
from codex_proxy.access.granted.key import Limits
from codex_proxy.access.granted.periods import Period
from codex_proxy.access.granted.store import Batch, GrantedKeyStore, Kept, Reservation, SecretTaken, Spending
from codex_proxy.canonical.tools import FunctionTool, HostedTool
from tests.access.granted.samples import KEY_ID, NOW, granted, tokens, usd
from tests.stores.places import opened

WHOLE = granted(
    name="wörk",
    enabled=False,
    expires_at=NOW + 0.5,
    models=("gpt-5*", "openai:x"),
    scopes=frozenset({"chat", "models:read"}),
    limits=Limits(requests_per_minute=1, tokens_per_minute=2_000_000_000, concurrency=3),
    budgets=(usd(5_000_000_000_000),),
    tools=(HostedTool(kind="web_search"), FunctionTool(name="look", parameters={"type": "object"}, strict=False)),
)


@pytest.fixture
async def keys(database_place: Path | str, tmp_path: Path) -> AsyncIterator[GrantedKeyStore]:
    """An empty store."""
    async with opened(database_place, folder=tmp_path) as stores:
        yield stores.client_keys


async def test_keys_come_back_whole_are_changed_and_go(keys: GrantedKeyStore) -> None:
    assert await keys.load() == Kept()
    added = await keys.add(WHOLE)
    seen = await keys.load()
    assert (seen.keys, replace(added, revision=0)) == ((added,), WHOLE)
    with pytest.raises(SecretTaken):
        await keys.add(replace(WHOLE, key_id="ck_other"))
    assert await keys.load_newer(seen.version) is None
    changed = await keys.change(KEY_ID, lambda key: replace(key, models=None, budgets=(tokens(7, Period.DAY),)))
    newer = await keys.load_newer(seen.version)
    assert newer is not None
    assert changed is not None
    assert newer.keys == (changed,)
    assert (changed.models, changed.budgets) == (None, (tokens(7, Period.DAY),))
    assert changed.tools == WHOLE.tools
    await keys.change(KEY_ID, lambda key: replace(key, tools=()))
    assert (await keys.load()).keys[0].tools == ()
    await keys.change(KEY_ID, lambda key: replace(key, tools=None))
    assert (await keys.load()).keys[0].tools is None
    assert await keys.change("ck_gone", lambda key: key) is None
    assert [await keys.remove(KEY_ID), await keys.remove(KEY_ID)] == [True, False]
    assert (await keys.load()).keys == ()


async def test_a_batch_settles_renews_and_reserves_in_this_order(keys: GrantedKeyStore) -> None:
    await keys.add(granted(budgets=(usd(10), tokens(10, Period.MONTH))))
    first = Reservation(reservation_id="a", key_id=KEY_ID, amount=Amount(tokens=9, micro_usd=9), expires_at=NOW + 10)
    second = replace(first, reservation_id="b", expires_at=NOW + 50)
    assert await keys.book(Batch(wanted=(first,)), now=NOW) == (None,)
    refused = (await keys.book(Batch(wanted=(second,)), now=NOW))[0]
    assert refused is not None
    assert (refused.budget, refused.left) == (usd(10), 1)
    paid = Spending(key_id=KEY_ID, at=NOW, reservation_id="a", output_tokens=1, micro_usd=1)
    assert await keys.book(Batch(spent=(paid, paid), wanted=(second,)), now=NOW) == (None,)
    await keys.book(Batch(renewed=("b",), renewed_until=NOW + 100), now=NOW + 20)
    standing = (await keys.standings([KEY_ID], now=NOW + 60))[KEY_ID]
    assert standing.reserved == second.amount
    assert (
        standing.used.output_tokens == standing.spent[Period.TOTAL].tokens == standing.spent[Period.MONTH].tokens == 1
    )
    await keys.reset_used(KEY_ID)
    standing = (await keys.standings([KEY_ID], now=NOW + 200))[KEY_ID]
    assert (standing.used.request_count, standing.reserved, standing.spent[Period.DAY]) == (0, Amount(), Amount())
