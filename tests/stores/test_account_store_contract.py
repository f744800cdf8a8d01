"""What every store of accounts keeps to."""

import hashlib

import pytest

from codex_proxy.accounts.record import (
    AccountEvent,
    AccountRecord,
    Death,
    FingerprintMode,
    Identity,
    RefreshIntent,
    Secrets,
)
from codex_proxy.accounts.store import (
    AccountStore,
    Changes,
    Edit,
    IdentityMismatch,
    NewAccount,
    PutOutcome,
    Renewed,
)

ISSUER = "https://issuer.test"
NAMELESS = Identity(issuer=ISSUER)


def identity(account: str | None = "acc", user: str | None = "user", issuer: str = ISSUER) -> Identity:
    return Identity(issuer=issuer, account_id=account, user_id=user)


def credential(row: str, told: Identity = NAMELESS, *, issued_at: float | None = None, **tokens: str) -> NewAccount:
    secrets = Secrets(**{f"{name}_token": value for name, value in tokens.items()})
    expires_at = None if issued_at is None else issued_at + 3600
    return NewAccount(row_id=row, identity=told, secrets=secrets, issued_at=issued_at, expires_at=expires_at)


async def put(accounts: AccountStore, row: str, told: Identity | None = None, **tokens: str) -> AccountRecord:
    outcome = await accounts.put(credential(row, told or identity(row), issued_at=None, **tokens), now=100.0)
    return outcome.record


async def begun(accounts: AccountStore, record: AccountRecord, now: float = 200.0) -> RefreshIntent:
    intent = await accounts.begin_refresh(record.row_id, generation=record.generation, now=now)
    assert intent is not None
    return intent


async def record_of(accounts: AccountStore, row_id: str) -> AccountRecord:
    record = await accounts.find(row_id)
    assert record is not None
    return record


async def row_ids(accounts: AccountStore) -> list[str]:
    return [record.row_id for record in (await accounts.load()).changed]


async def test_a_new_store_is_empty(accounts: AccountStore) -> None:
    assert await accounts.load() == Changes(revision=0, whole=True)
    assert await accounts.secrets("a") is None
    assert await accounts.open_intents() == ()
    assert await accounts.load_conditions() == {}


async def test_an_account_comes_back_as_it_was_put(accounts: AccountStore) -> None:
    secrets = Secrets(access_token="at", refresh_token="rt", id_token="id", client_key="codex-proxy-1")
    new = NewAccount(
        row_id="a",
        identity=identity(),
        secrets=secrets,
        email="a@b.test",
        plan="plus",
        label="mine",
        issued_at=10.0,
        expires_at=20.0,
        followed_file="auth.json",
    )
    outcome = await accounts.put(new, now=100.5)
    record = AccountRecord(
        row_id="a",
        identity=identity(),
        email="a@b.test",
        plan="plus",
        label="mine",
        added_at=100.5,
        issued_at=10.0,
        expires_at=20.0,
        has_refresh_token=True,
        followed_file="auth.json",
        revision=outcome.record.revision,
    )
    assert outcome == PutOutcome(record=record, added=True)
    assert (await accounts.load()).changed == (record,)
    assert (await accounts.find("a"), await accounts.find("b")) == (record, None)
    assert await accounts.secrets("a") == secrets


@pytest.mark.parametrize(
    ("told", "row"),
    [
        (identity("acc", "user"), "a"),
        (identity("acc", "other"), "b"),
        (identity("other", "user"), "b"),
        (identity("other", "other"), "b"),
        (identity("acc", None), "b"),
        (identity("acc", "user", issuer="https://other.test"), "b"),
    ],
)
async def test_a_10_an_account_is_issuer_account_and_user(accounts: AccountStore, told: Identity, row: str) -> None:
    await accounts.put(credential("a", identity(), access="at1", refresh="rt1"), now=1.0)
    outcome = await accounts.put(credential("b", told, access="at2", refresh="rt2"), now=2.0)
    assert (outcome.record.row_id, outcome.added) == (row, row == "b")
    kept = await accounts.secrets("a")
    assert kept == Secrets(access_token="at2" if row == "a" else "at1", refresh_token="rt2" if row == "a" else "rt1")


async def test_an_account_without_identity_is_known_by_its_access_token(accounts: AccountStore) -> None:
    await accounts.put(credential("a", access="at1"), now=1.0)
    again = await accounts.put(credential("b", access="at1", refresh="rt1"), now=2.0)
    other = await accounts.put(credential("c", access="at2"), now=3.0)
    assert [(again.record.row_id, again.added), (other.record.row_id, other.added)] == [("a", False), ("c", True)]
    assert await accounts.secrets("a") == Secrets(access_token="at1", refresh_token="rt1")


async def test_a_refresh_token_alone_is_known_by_itself(accounts: AccountStore) -> None:
    added = await accounts.put(credential("a", refresh="rt1"), now=1.0)
    again = await accounts.put(credential("b", refresh="rt1"), now=2.0)
    assert (added.record.has_refresh_token, again.record.row_id, again.added) == (True, "a", False)
    assert again.record.generation == added.record.generation


async def test_a_nameless_account_gets_its_name_from_a_credential_with_the_same_refresh_token(
    accounts: AccountStore,
) -> None:
    await accounts.put(credential("a", refresh="rt1"), now=1.0)
    outcome = await accounts.put(credential("b", identity(), access="at1", refresh="rt1"), now=2.0)
    assert (outcome.record.row_id, outcome.record.identity, outcome.added) == ("a", identity(), False)


async def test_a_nameless_account_goes_into_the_one_it_turns_out_to_be(accounts: AccountStore) -> None:
    await accounts.put(credential("a", identity(), access="at1", refresh="rt1"), now=1.0)
    await accounts.put(credential("b", refresh="rt2"), now=2.0)
    await accounts.edit("b", Edit(label="second"))
    seen = (await accounts.load()).revision
    outcome = await accounts.put(credential("c", identity(), access="at2", refresh="rt2"), now=3.0)
    assert (outcome.record.row_id, outcome.record.label) == ("a", "second")
    assert (await accounts.changes_since(seen)).removed == ("b",)
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt2")


async def test_a_row_id_belongs_to_one_account(accounts: AccountStore) -> None:
    await put(accounts, "a", access="at1")
    with pytest.raises(ValueError, match="row_id"):
        await accounts.put(credential("a", identity("other"), access="at2"), now=2.0)
    assert await accounts.secrets("a") == Secrets(access_token="at1")


async def test_a_03_an_empty_member_never_replaces_a_good_one(accounts: AccountStore) -> None:
    new = credential("a", identity(), access="at1", refresh="rt1", id="id1", issued_at=1.0)
    await accounts.put(new, now=1.0)
    await accounts.edit("a", Edit(label="mine", email="a@b.test", plan="plus"))
    record = (await accounts.put(credential("b", identity(), access="at2"), now=2.0)).record
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt1", id_token="id1")
    assert (record.label, record.email, record.plan, record.has_refresh_token) == ("mine", "a@b.test", "plus", True)


async def test_a_03_a_refresh_without_a_new_refresh_token_keeps_the_old_one(accounts: AccountStore) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    record = await accounts.finish_refresh(
        intent, Renewed(secrets=Secrets(access_token="at2"), expires_at=9.0), now=1.0
    )
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt1")
    assert record is not None
    assert (record.has_refresh_token, record.generation, record.expires_at) == (True, 1, 9.0)


async def test_an_older_credential_changes_nothing(accounts: AccountStore) -> None:
    await accounts.put(credential("a", identity(), access="at2", refresh="rt2", issued_at=20.0), now=1.0)
    before = await accounts.load()
    older = credential("b", identity(), access="at1", refresh="rt1", issued_at=10.0)
    outcome = await accounts.put(older, now=2.0)
    assert outcome == PutOutcome(record=before.changed[0], kept_newer=True)
    assert await accounts.load() == before
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt2")


@pytest.mark.parametrize("death", [*Death, None])
@pytest.mark.parametrize("enabled", [True, False])
async def test_a_12_a_new_credential_revives_and_leaves_what_the_owner_wants(
    accounts: AccountStore, death: Death | None, enabled: bool
) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    await accounts.abandon_refresh(intent, death=death, now=300.0)
    await accounts.edit("a", Edit(enabled=enabled))
    dead = await record_of(accounts, "a")
    assert (dead.death, dead.died_at) == (death, None if death is None else 300.0)
    alive = await put(accounts, "b", identity("a"), access="at2", refresh="rt2")
    assert (alive.row_id, alive.death, alive.died_at, alive.enabled) == ("a", None, None, enabled)
    assert alive.generation == dead.generation + 1


async def test_the_same_credential_once_more_is_no_new_one(accounts: AccountStore) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    await accounts.abandon_refresh(intent, death=Death.REUSED, now=300.0)
    dead = await record_of(accounts, "a")
    again = await put(accounts, "b", identity("a"), access="at1", refresh="rt1")
    assert (again, again.death) == (dead, Death.REUSED)


async def test_several_credentials_are_kept_one_after_another(accounts: AccountStore) -> None:
    known = await put(accounts, "a", access="at1")
    outcomes = await accounts.put_many(
        [
            credential("b", identity("a"), issued_at=10.0, access="at2"),
            credential("c", identity("c"), issued_at=10.0, access="at3"),
            credential("d", identity("c"), issued_at=9.0, access="at4"),
        ],
        now=5.0,
    )
    told = [(each.record.row_id, each.added, each.kept_newer) for each in outcomes]
    assert told == [("a", False, False), ("c", True, False), ("c", False, True)]
    assert outcomes[0].record.generation == known.generation + 1
    assert await row_ids(accounts) == ["a", "c"]
    changed = (await accounts.changes_since(known.revision)).changed
    assert {each.row_id: each.revision for each in changed}.keys() == {"a", "c"}
    assert len({each.revision for each in changed}) == 2
    assert await accounts.put_many([], now=6.0) == ()


async def test_where_one_of_several_cannot_be_kept_none_is(accounts: AccountStore) -> None:
    known = await put(accounts, "a", access="at1", refresh="rt1")
    intent = await begun(accounts, known)
    with pytest.raises(ValueError, match="a is another account's"):
        await accounts.put_many(
            [
                credential("b", identity("b"), access="at2"),
                credential("c", identity("a"), access="at3", refresh="rt3"),
                credential("a", identity("d"), access="at4"),
            ],
            now=5.0,
        )
    assert await row_ids(accounts) == ["a"]
    assert await accounts.secrets("a") == Secrets(access_token="at1", refresh_token="rt1")
    assert await accounts.open_intents() == (intent,)


async def test_the_tokens_of_several_accounts_are_read_at_once(accounts: AccountStore) -> None:
    await put(accounts, "a", access="at1")
    await put(accounts, "b", access="at2", refresh="rt2")
    told = await accounts.secrets_of(["b", "x", "a"])
    assert told == {"a": Secrets(access_token="at1"), "b": Secrets(access_token="at2", refresh_token="rt2")}
    assert await accounts.secrets_of([]) == {}


async def test_an_edit_changes_what_it_names(accounts: AccountStore) -> None:
    before = await put(accounts, "a", access="at1")
    after = await accounts.edit("a", Edit(enabled=False, label="mine", fingerprint_mode=FingerprintMode.SESSION))
    assert after is not None
    assert (after.enabled, after.label, after.fingerprint_mode) == (False, "mine", FingerprintMode.SESSION)
    assert after.revision > before.revision
    cleared = await accounts.edit("a", Edit(label=None))
    assert cleared is not None
    assert (cleared.enabled, cleared.label) == (False, None)
    assert await accounts.edit("a", Edit(label=None)) == cleared
    assert await accounts.edit("a", Edit()) == cleared
    assert await accounts.edit("b", Edit(label="x")) is None


async def test_a_04_an_edit_during_a_refresh_stays(accounts: AccountStore) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    await accounts.edit("a", Edit(label="changed meanwhile"))
    record = await accounts.finish_refresh(
        intent, Renewed(secrets=Secrets(access_token="at2", refresh_token="rt2")), now=1.0
    )
    assert record is not None
    assert (record.label, record.generation) == ("changed meanwhile", 1)
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt2")


async def test_changes_are_told_since_a_revision(accounts: AccountStore) -> None:
    for row in ("a", "b", "c"):
        await put(accounts, row, access=row)
    seen = (await accounts.load()).revision
    assert await accounts.changes_since(seen) == Changes(revision=seen)
    changed = await accounts.edit("b", Edit(label="x"))
    await accounts.remove(["c"], now=1.0)
    news = await accounts.changes_since(seen)
    assert (news.changed, news.removed) == ((changed,), ("c",))
    assert news.revision > seen
    assert await accounts.changes_since(news.revision) == Changes(revision=news.revision)


async def test_an_account_that_came_back_is_not_told_as_removed(accounts: AccountStore) -> None:
    await put(accounts, "a", access="at1")
    seen = (await accounts.load()).revision
    await accounts.remove(["a"], now=1.0)
    record = await put(accounts, "a", access="at1")
    news = await accounts.changes_since(seen)
    assert (news.changed, news.removed) == ((record,), ())


async def test_a_15_a_removed_account_leaves_nothing_behind(accounts: AccountStore) -> None:
    await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    await accounts.keep_conditions({"a": b"limited"})
    await accounts.keep_counters({"a": b"1"})
    await accounts.add_events([AccountEvent(row_id="a", at=1.0, before="active", after="limited", reason="429")])
    assert await accounts.remove(["x", "a", "a"], now=1.0) == ("a",)
    assert await row_ids(accounts) == []
    assert await accounts.secrets("a") is None
    assert await accounts.open_intents() == ()
    assert (await accounts.load_conditions(), await accounts.load_counters()) == ({}, {})
    assert await accounts.events("a", limit=10) == ()
    assert await accounts.remove(["a"], now=1.0) == ()


async def test_a_02_an_intent_stands_until_the_new_pair_is_kept(accounts: AccountStore) -> None:
    record = await put(accounts, "a", access="at1", refresh="rt1")
    intent = await begun(accounts, record)
    digest = hashlib.sha256(b"rt1").hexdigest()
    assert intent == RefreshIntent(row_id="a", generation=record.generation, digest=digest, started_at=200.0)
    assert await accounts.open_intents() == (intent,)
    after = await accounts.finish_refresh(
        intent, Renewed(secrets=Secrets(access_token="at2", refresh_token="rt2")), now=1.0
    )
    assert after is not None
    assert await accounts.open_intents() == ()
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt2")
    assert await record_of(accounts, "a") == after


async def test_a_02_a_token_that_may_have_been_sent_says_so(accounts: AccountStore) -> None:
    record = await put(accounts, "a", access="at1", refresh="rt1")
    tries = [await begun(accounts, record, now=now) for now in (1.0, 2.0, 3.0)]
    assert [(each.earlier_tries, each.is_second_try) for each in tries] == [(0, False), (1, True), (2, True)]
    assert await accounts.open_intents() == (tries[2],)


async def test_an_intent_of_a_replaced_token_is_none(accounts: AccountStore) -> None:
    await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    record = await put(accounts, "b", identity("a"), access="at2", refresh="rt2")
    assert await accounts.open_intents() == ()
    assert (await begun(accounts, record)).earlier_tries == 0


async def test_b_01_a_refresh_begins_with_the_generation_that_is_there(accounts: AccountStore) -> None:
    record = await put(accounts, "a", access="at1", refresh="rt1")
    await put(accounts, "b", access="at2")
    assert await accounts.begin_refresh("a", generation=record.generation + 1, now=1.0) is None
    assert await accounts.begin_refresh("b", generation=0, now=1.0) is None
    assert await accounts.begin_refresh("x", generation=0, now=1.0) is None
    assert await accounts.open_intents() == ()


async def test_b_01_a_pair_for_a_replaced_token_is_not_kept_in_its_place(accounts: AccountStore) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    await put(accounts, "b", identity("a"), access="at3", refresh="rt3")
    news = Renewed(secrets=Secrets(access_token="at2", refresh_token="rt2"))
    assert await accounts.finish_refresh(intent, news, now=1.0) is None
    assert await accounts.secrets("a") == Secrets(access_token="at3", refresh_token="rt3")


async def test_a_02_an_access_token_that_came_meanwhile_does_not_cost_the_new_refresh_token(
    accounts: AccountStore,
) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    await put(accounts, "b", identity("a"), access="at2")
    record = await accounts.finish_refresh(
        intent, Renewed(secrets=Secrets(access_token="at3", refresh_token="rt3")), now=1.0
    )
    assert record is not None
    assert await accounts.secrets("a") == Secrets(access_token="at3", refresh_token="rt3")


async def test_a_pair_for_a_removed_account_is_not_kept(accounts: AccountStore) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    await accounts.remove(["a"], now=1.0)
    assert await accounts.finish_refresh(intent, Renewed(secrets=Secrets(access_token="at2")), now=1.0) is None
    assert await accounts.abandon_refresh(intent, now=1.0) is None
    assert await row_ids(accounts) == []


async def test_a_first_refresh_names_the_account(accounts: AccountStore) -> None:
    intent = await begun(accounts, (await accounts.put(credential("a", refresh="rt1"), now=1.0)).record)
    news = Renewed(secrets=Secrets(access_token="at1", refresh_token="rt2"), identity=identity(), issued_at=5.0)
    record = await accounts.finish_refresh(intent, news, now=1.0)
    assert record is not None
    assert (record.row_id, record.identity, record.issued_at) == ("a", identity(), 5.0)
    known = await accounts.put(credential("b", identity(), access="at3", issued_at=6.0), now=2.0)
    assert known.record.row_id == "a"


async def test_a_first_refresh_may_find_that_the_account_is_known(accounts: AccountStore) -> None:
    await accounts.put(credential("a", identity(), access="at1", refresh="rt1", issued_at=1.0), now=1.0)
    intent = await begun(accounts, (await accounts.put(credential("b", refresh="rt2"), now=1.0)).record)
    news = Renewed(secrets=Secrets(access_token="at2", refresh_token="rt3"), identity=identity(), issued_at=5.0)
    record = await accounts.finish_refresh(intent, news, now=1.0)
    assert record is not None
    assert (record.row_id, record.generation) == ("a", 1)
    assert await row_ids(accounts) == ["a"]
    assert await accounts.open_intents() == ()
    assert await accounts.secrets("a") == Secrets(access_token="at2", refresh_token="rt3")


async def test_a_10_tokens_of_another_account_are_refused(accounts: AccountStore) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    news = Renewed(secrets=Secrets(access_token="at2", refresh_token="rt2"), identity=identity("a", "other"))
    with pytest.raises(IdentityMismatch, match="account a"):
        await accounts.finish_refresh(intent, news, now=1.0)
    assert await accounts.secrets("a") == Secrets(access_token="at1", refresh_token="rt1")
    assert await accounts.open_intents() == (intent,)


async def test_a_refresh_that_was_not_sent_leaves_no_trace(accounts: AccountStore) -> None:
    record = await put(accounts, "a", access="at1", refresh="rt1")
    assert await accounts.abandon_refresh(await begun(accounts, record), unsent=True, now=300.0) == record
    assert await accounts.open_intents() == ()
    assert (await begun(accounts, record)).earlier_tries == 0


async def test_a_try_taken_back_leaves_the_earlier_one_noted(accounts: AccountStore) -> None:
    record = await put(accounts, "a", access="at1", refresh="rt1")
    await begun(accounts, record, now=1.0)
    await accounts.abandon_refresh(await begun(accounts, record, now=2.0), unsent=True, now=3.0)
    assert [intent.earlier_tries for intent in await accounts.open_intents()] == [0]
    assert (await begun(accounts, record, now=4.0)).earlier_tries == 1
    await accounts.abandon_refresh((await accounts.open_intents())[0], now=5.0)
    assert await accounts.open_intents() == ()


async def test_news_of_a_replaced_token_do_not_kill_its_successor(accounts: AccountStore) -> None:
    intent = await begun(accounts, await put(accounts, "a", access="at1", refresh="rt1"))
    successor = await put(accounts, "b", identity("a"), access="at2", refresh="rt2")
    begun_anew = await begun(accounts, successor)
    assert await accounts.abandon_refresh(intent, death=Death.REVOKED, now=300.0) is None
    assert await record_of(accounts, "a") == successor
    assert await accounts.open_intents() == (begun_anew,)


async def test_conditions_and_counters_come_back_and_change_no_row(accounts: AccountStore) -> None:
    await put(accounts, "a", access="at1")
    await put(accounts, "b", access="at2")
    seen = (await accounts.load()).revision
    await accounts.keep_conditions({"a": b"\x00one", "x": b"nobody's"})
    await accounts.keep_conditions({"a": b"two"})
    await accounts.keep_counters({"b": b"{}"})
    await accounts.keep_counters({})
    assert await accounts.load_conditions() == {"a": b"two"}
    assert await accounts.load_counters() == {"b": b"{}"}
    assert await accounts.changes_since(seen) == Changes(revision=seen)


async def test_a_timeline_is_told_newest_first(accounts: AccountStore) -> None:
    await put(accounts, "a", access="at1")
    await put(accounts, "b", access="at2")
    events = [
        AccountEvent(row_id="a", at=5.0, before="active", after="limited", reason="429", evidence={"status": "429"}),
        AccountEvent(row_id="b", at=5.0, before="active", after="dead", reason="reused"),
        AccountEvent(row_id="a", at=5.0, before="limited", after="active", reason="time"),
        AccountEvent(row_id="x", at=5.0, before="", after="", reason="nobody's"),
    ]
    await accounts.add_events(events)
    assert await accounts.events("a", limit=10) == (events[2], events[0])
    assert await accounts.events("a", limit=1) == (events[2],)
    assert await accounts.events("x", limit=1) == ()


async def test_of_a_timeline_the_newest_thousand_are_kept(accounts: AccountStore) -> None:
    await put(accounts, "a", access="at1")
    for start in (0, 600):
        numbers = range(start, start + 600)
        await accounts.add_events(
            [AccountEvent(row_id="a", at=float(each), before="x", after="y", reason="r") for each in numbers]
        )
    told = await accounts.events("a", limit=2000)
    assert [event.at for event in told] == [float(each) for each in range(1199, 199, -1)]
