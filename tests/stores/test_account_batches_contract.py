"""What every store of accounts keeps to where many are changed at once, and where somebody followed or went."""

import pytest
from msgspec.structs import replace

from codex_proxy.accounts.record import Death, FingerprintMode, Secrets
from codex_proxy.accounts.store import AccountStore, Changes, Edit, PutOutcome
from tests.stores.test_account_store_contract import (
    NAMELESS,
    begun,
    credential,
    identity,
    put,
    record_of,
    row_ids,
)


async def several(accounts: AccountStore, *rows: str) -> int:
    """Accounts with a pair of tokens each; the revision after them."""
    for row in rows:
        await put(accounts, row, access=f"at-{row}", refresh=f"rt-{row}")
    return (await accounts.load()).revision


# -------------------------------------------------------------------------------------------------------- edits


async def test_edits_of_many_change_what_each_names_and_take_a_revision_each(accounts: AccountStore) -> None:
    seen = await several(accounts, "a", "b", "c")
    edited = await accounts.edit_many(
        {
            "a": Edit(enabled=False),
            "b": Edit(enabled=False, label="mine", fingerprint_mode=FingerprintMode.SESSION),
            "x": Edit(enabled=False),
        }
    )
    assert {row_id: (each.enabled, each.label) for row_id, each in edited.items()} == {
        "a": (False, None),
        "b": (False, "mine"),
    }
    news = await accounts.changes_since(seen)
    assert news.changed == (edited["a"], edited["b"])
    assert sorted(each.revision for each in news.changed) == [seen + 1, seen + 2] == [seen + 1, news.revision]
    assert await accounts.secrets("b") == Secrets(access_token="at-b", refresh_token="rt-b")


async def test_edits_that_change_nothing_take_no_revision(accounts: AccountStore) -> None:
    seen = await several(accounts, "a", "b")
    first = await accounts.edit_many({"a": Edit(label="x"), "b": Edit(enabled=True)})
    assert first["b"] == await record_of(accounts, "b")
    news = await accounts.changes_since(seen)
    assert [each.row_id for each in news.changed] == ["a"]
    assert await accounts.edit_many({"a": Edit(label="x"), "b": Edit()}) == first
    assert await accounts.changes_since(news.revision) == Changes(revision=news.revision)
    assert await accounts.edit_many({}) == {}


async def test_edits_of_many_may_each_name_other_columns(accounts: AccountStore) -> None:
    rows = [f"{number:04}" for number in range(60)]
    await several(accounts, *rows)
    edits = {
        row: (Edit(label=row), Edit(death=Death.REUSED, died_at=5.0), Edit(enabled=False, plan=None))[place % 3]
        for place, row in enumerate(rows)
    }
    edited = await accounts.edit_many(edits)
    assert {row: await record_of(accounts, row) for row in rows} == edited
    assert [edited[row].label for row in rows[::3]] == rows[::3]
    assert {edited[row].death for row in rows[1::3]} == {Death.REUSED}
    assert {(edited[row].enabled, edited[row].label) for row in rows[2::3]} == {(False, None)}
    assert len({each.revision for each in edited.values()}) == 60


async def test_a_04_edits_of_many_during_a_refresh_leave_its_pair_alone(accounts: AccountStore) -> None:
    await several(accounts, "a", "b")
    intent = await begun(accounts, await record_of(accounts, "a"))
    await accounts.edit_many({"a": Edit(label="meanwhile"), "b": Edit(label="too")})
    assert await accounts.open_intents() == (intent,)


# -------------------------------------------------------------------------------------------------- credentials


async def test_credentials_for_accounts_that_are_there_are_kept_as_one_by_one(accounts: AccountStore) -> None:
    rows = [f"{number:04}" for number in range(40)]
    for row in rows:
        told = credential(row, identity(row), issued_at=10.0, access=f"at-{row}", refresh=f"rt-{row}")
        await accounts.put(told, now=1.0)
    seen = (await accounts.load()).revision
    news = [
        credential(f"new-{row}", identity(row), issued_at=9.0 + place % 3, access=f"at2-{row}")
        for place, row in enumerate(rows)
    ]
    outcomes = await accounts.put_many(news, now=2.0)
    assert [each.record.row_id for each in outcomes] == rows
    assert not any(each.added for each in outcomes)
    assert [each.kept_newer for each in outcomes] == [place % 3 == 0 for place in range(40)]
    changed = (await accounts.changes_since(seen)).changed
    assert changed == tuple(each.record for each in outcomes if not each.kept_newer)
    assert {each.generation for each in changed} == {1}
    assert await accounts.secrets("0001") == Secrets(access_token="at2-0001", refresh_token="rt-0001")
    assert await accounts.secrets("0000") == Secrets(access_token="at-0000", refresh_token="rt-0000")


async def test_the_same_credentials_once_more_change_nothing(accounts: AccountStore) -> None:
    rows = ("a", "b", "c")
    seen = await several(accounts, *rows)
    again = [credential(f"new-{row}", identity(row), access=f"at-{row}", refresh=f"rt-{row}") for row in rows]
    outcomes = await accounts.put_many(again, now=2.0)
    assert [each.record for each in outcomes] == [await record_of(accounts, row) for row in rows]
    assert await accounts.changes_since(seen) == Changes(revision=seen)


async def test_of_many_credentials_those_that_depend_on_each_other_are_kept_in_order(accounts: AccountStore) -> None:
    await several(accounts, "a", "b")
    await accounts.put(credential("nameless", access="at-n", refresh="rt-n"), now=1.0)
    intent = await begun(accounts, await record_of(accounts, "b"))
    outcomes = await accounts.put_many(
        [
            credential("1", identity("new"), access="at-new"),
            credential("2", identity("a"), access="at2-a", refresh="rt-n"),
            credential("3", identity("b"), access="at2-b", refresh="rt2-b"),
            credential("4", identity("a"), access="at3-a"),
            credential("5", NAMELESS, refresh="rt-new"),
        ],
        now=2.0,
    )
    told = [(each.record.row_id, each.added) for each in outcomes]
    assert told == [("1", True), ("a", False), ("b", False), ("a", False), ("5", True)]
    assert await row_ids(accounts) == ["1", "5", "a", "b"], "the nameless one was the same account as a"
    assert await accounts.secrets("a") == Secrets(access_token="at3-a", refresh_token="rt-n")
    assert await accounts.open_intents() == ()
    assert await accounts.abandon_refresh(intent, death=Death.REUSED, now=3.0) is None


async def test_tokens_of_another_issuer_name_nobody(accounts: AccountStore) -> None:
    await accounts.put(credential("a", access="at", refresh="rt"), now=1.0)
    elsewhere = identity(None, None, issuer="https://other.test")
    [outcome] = await accounts.put_many([credential("b", elsewhere, access="at")], now=2.0)
    assert (outcome.record.row_id, outcome.added) == ("b", True)


async def test_an_account_is_somebodys_since_when_it_says(accounts: AccountStore) -> None:
    since = replace(credential("a", identity("a"), access="at"), added_at=7.0)
    assert (await accounts.put_many([since], now=100.0))[0].record.added_at == 7.0
    assert (await accounts.put(replace(since, added_at=8.0), now=200.0)).record.added_at == 7.0


# ---------------------------------------------------------------------------- what comes without the owner's doing


async def test_b_14_what_an_account_follows_is_adopted_while_it_is_there(accounts: AccountStore) -> None:
    await accounts.put(credential("a", identity("a"), issued_at=10.0, access="at", refresh="rt"), now=1.0)
    intent = await begun(accounts, await record_of(accounts, "a"))
    newer = await accounts.adopt(credential("a", identity("a"), issued_at=11.0, access="at2"))
    assert newer == PutOutcome(record=await record_of(accounts, "a"))
    assert newer.record.generation == 1
    assert await accounts.open_intents() == (intent,)
    older = await accounts.adopt(credential("a", identity("a"), issued_at=9.0, access="at3"))
    assert older == PutOutcome(record=newer.record, kept_newer=True)
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt")
    await accounts.adopt(credential("a", identity("a"), access="at4", refresh="rt4"))
    assert await accounts.open_intents() == ()


async def test_a_15_a_removed_account_is_not_brought_back_by_what_it_followed(accounts: AccountStore) -> None:
    await several(accounts, "a", "b")
    await accounts.remove(["a"], now=1.0)
    seen = (await accounts.load()).revision
    assert await accounts.adopt(credential("a", identity("a"), access="at2")) is None
    assert await accounts.adopt(credential("b", identity("a"), access="at2")) is None, "another account"
    assert await accounts.changes_since(seen) == Changes(revision=seen)


async def test_what_a_nameless_account_learns_is_adopted_by_whoever_has_the_name(accounts: AccountStore) -> None:
    await several(accounts, "a")
    await accounts.put(credential("n", refresh="rt-n"), now=1.0)
    outcome = await accounts.adopt(credential("n", identity("a"), access="at2", refresh="rt2"))
    assert outcome is not None
    assert outcome.record.row_id == "a"
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt2")
    named = await accounts.adopt(credential("n", identity("b"), access="at3"))
    assert named is not None
    assert (named.record.row_id, named.record.identity) == ("n", identity("b"))


# ------------------------------------------------------------------------------------------------------- removals


async def test_many_are_removed_in_one_step_with_a_revision_each(accounts: AccountStore) -> None:
    rows = [f"{number:04}" for number in range(60)]
    seen = await several(accounts, *rows)
    assert await accounts.remove([*rows[:50], "x", *rows[:2]], now=1.0) == tuple(rows[:50])
    news = await accounts.changes_since(seen)
    assert (news.changed, news.removed, news.whole) == ((), tuple(rows[:50]), False)
    assert news.revision == seen + 50
    assert await row_ids(accounts) == rows[50:]


async def test_who_went_long_ago_is_forgotten_and_whoever_follows_from_before_sees_who_is_there(
    accounts: AccountStore,
) -> None:
    seen = await several(accounts, "a", "b", "c", "d")
    await accounts.remove(["a"], now=100.0)
    between = (await accounts.load()).revision
    await accounts.remove(["b"], now=200.0)
    assert await accounts.forget_removed(before=100.0) == 0
    assert (await accounts.changes_since(seen)).removed == ("a", "b")
    assert await accounts.forget_removed(before=101.0) == 1
    assert await accounts.forget_removed(before=101.0) == 0
    everybody = await accounts.changes_since(seen)
    assert everybody == await accounts.load()
    assert [each.row_id for each in everybody.changed] == ["c", "d"]
    assert (everybody.whole, everybody.removed) == (True, ())
    assert (await accounts.changes_since(between)).removed == ("b",)
    assert await accounts.changes_since(everybody.revision) == Changes(revision=everybody.revision)


async def test_an_account_that_came_back_is_no_removal_to_forget(accounts: AccountStore) -> None:
    seen = await several(accounts, "a")
    await accounts.remove(["a"], now=100.0)
    await put(accounts, "a", access="at")
    assert await accounts.forget_removed(before=1000.0) == 0
    assert not (await accounts.changes_since(seen)).whole


async def test_whoever_saw_more_than_there_is_sees_who_is_there(accounts: AccountStore) -> None:
    seen = await several(accounts, "a")
    assert await accounts.changes_since(seen + 5) == await accounts.load()


@pytest.mark.parametrize("count", [0, 1])
async def test_what_a_refresh_merged_away_is_told_as_removed(accounts: AccountStore, count: int) -> None:
    await several(accounts, "a")
    await accounts.put(credential("n", refresh="rt-n"), now=1.0)
    seen = (await accounts.load()).revision
    await accounts.put_many([credential("2", identity("a"), access="at2", refresh="rt-n")] * (count + 1), now=50.0)
    assert (await accounts.changes_since(seen)).removed == ("n",)
    assert await accounts.forget_removed(before=51.0) == 1
