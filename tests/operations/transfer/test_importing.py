"""Accounts come in from files."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.accounts.formats.shapes import ImportUnreadable
from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.record import AccountRecord, Death, Secrets
from codex_proxy.accounts.store import Edit, NewAccount, PutOutcome
from codex_proxy.operations.jobs_book import JobFailed, Progress, Ticket
from codex_proxy.operations.transfer.bodies import BodyForm
from codex_proxy.operations.transfer.importing import BATCH, EXCHANGES_AT_ONCE
from codex_proxy.operations.transfer.previewing import Action
from codex_proxy.operations.transfer.tally import Imported
from codex_proxy.simulator.tokens import Person, person_of
from tests.accounts.formats.samples import COLLEAGUE, DAY, NOW, OWNER, REFRESH, auth_json, sub2api, token
from tests.operations.login.stage import settled
from tests.operations.transfer.hall import DEAD, FillingStore, Hall, granted, kept_token, refresh_token
from tests.stores.memory_store import MemoryAccountStore
from tests.stores.places import in_memory, of, opened
from tests.waiting import until

EXPIRED = token(issued_at=NOW - 20 * DAY)


def crowd(count: int) -> list[Person]:
    return [person_of(f"acc-{number}") for number in range(count)]


async def secrets_of(hall: Hall, record: AccountRecord) -> Secrets:
    secrets = await hall.store.secrets(record.row_id)
    assert secrets is not None
    return secrets


# --------------------------------------------------------------------------------------- credentials that work


async def test_a_08_access_tokens_are_taken_as_they_are_and_nobody_is_asked() -> None:
    hall = Hall()
    done = await hall.take([{"token": token(), "refreshToken": REFRESH, "label": "mine"}, token(COLLEAGUE)])
    assert done == Imported(success=True, added=2, updated=0, skipped=0, failed=0)
    records = await hall.records()
    assert [(record.email, record.label) for record in records] == [
        ("owner@example.invalid", "mine"),
        ("colleague@example.invalid", None),
    ]
    assert await secrets_of(hall, records[0]) == Secrets(access_token=token(), refresh_token=REFRESH)
    assert hall.issuer.sent == []


async def test_a_14_an_account_that_came_serves_at_once() -> None:
    hall = Hall()
    await hall.take([token(), token(COLLEAGUE)])
    assert set(hall.states().values()) == {State.ACTIVE}
    assert len(hall.pool) == 2


@pytest.mark.parametrize("content", [auth_json(), {"code": 0, "data": sub2api({"access_token": token()})}])
async def test_files_of_other_programs_come_in_alike(content: Any) -> None:
    hall = Hall()
    assert (await hall.take(content)).added == 1
    assert (await hall.record()).identity.account_id == "acc-1"


async def test_a_known_account_is_updated_and_keeps_its_row() -> None:
    hall = Hall()
    known = await hall.keep()
    done = await hall.take({"token": token(), "refreshToken": REFRESH, "label": "new name"})
    assert (done.added, done.updated) == (0, 1)
    record = await hall.record()
    assert (record.row_id, record.label, record.generation) == (known.row_id, "new name", known.generation + 1)
    assert hall.pool.account(known.row_id).credential.token == token()


async def test_a_03_an_access_token_alone_leaves_the_refresh_token_that_is_here() -> None:
    hall = Hall()
    await hall.keep()
    assert (await hall.take(token())).updated == 1
    kept = await secrets_of(hall, await hall.record())
    assert kept == Secrets(access_token=token(), refresh_token=kept_token())


async def test_what_was_issued_earlier_never_replaces_what_is_here() -> None:
    hall = Hall()
    known = await hall.keep(issued_at=NOW - 60)
    hall.pool.settle(known.row_id, News(occurrence=Occurrence.REFUSED_TOKEN), NOW)
    done = await hall.take({"token": token(issued_at=NOW - DAY), "refreshToken": REFRESH, "label": "old"})
    assert (done.updated, done.skipped, done.failed) == (0, 1, 0)
    assert "skipped_older" in done.notes[0]
    assert await hall.record() == known
    assert hall.states() == {known.row_id: State.EXPIRED}


async def test_an_account_with_a_refresh_token_of_its_own_follows_no_file_any_more() -> None:
    hall = Hall()
    await hall.keep(followed_file="/home/auth.json")
    await hall.take(token())
    assert (await hall.record()).followed_file == "/home/auth.json"
    await hall.take({"token": token(), "refreshToken": REFRESH})
    assert (await hall.record()).followed_file is None


# ------------------------------------------------------------------------------------- what stood in the way ends


@pytest.mark.parametrize(
    "occurrence", [Occurrence.REFUSED_TOKEN, Occurrence.DEACTIVATED, Occurrence.FORBIDDEN, Occurrence.REFUSED_TOO_OFTEN]
)
async def test_a_12_what_was_said_of_an_older_credential_ends_with_the_import(occurrence: Occurrence) -> None:
    hall = Hall()
    known = await hall.keep()
    hall.pool.settle(known.row_id, News(occurrence=occurrence), NOW)
    assert hall.states() != {known.row_id: State.ACTIVE}
    await hall.take({"token": token(), "refreshToken": REFRESH})
    assert hall.states() == {known.row_id: State.ACTIVE}


@pytest.mark.parametrize("occurrence", [Occurrence.REFUSED_TOKEN, Occurrence.DEACTIVATED])
async def test_a_12_so_it_does_where_the_same_token_comes_again(occurrence: Occurrence) -> None:
    hall = Hall()
    known = await hall.keep()
    hall.pool.settle(known.row_id, News(occurrence=occurrence), NOW)
    await hall.store.edit(known.row_id, Edit(death=Death.DEACTIVATED, died_at=NOW))
    await hall.take({"token": token(issued_at=NOW - 5 * DAY)})
    assert hall.states() == {known.row_id: State.ACTIVE}
    assert (await hall.record()).death is None


async def test_b_03_a_refresh_token_that_is_dead_stays_so_where_it_comes_again() -> None:
    hall = Hall()
    known = await hall.keep()
    await hall.store.edit(known.row_id, Edit(death=Death.REUSED, died_at=NOW))
    await hall.take({"token": token(issued_at=NOW - 5 * DAY), "refreshToken": kept_token()})
    assert (await hall.record()).death is Death.REUSED
    assert hall.states() == {known.row_id: State.ACTIVE}


@pytest.mark.parametrize("death", Death)
async def test_a_12_a_dead_account_lives_again_and_a_disabled_one_stays_disabled(death: Death) -> None:
    hall = Hall()
    known = await hall.keep(enabled=False)
    intent = await hall.store.begin_refresh(known.row_id, generation=known.generation, now=NOW)
    assert intent is not None
    await hall.store.abandon_refresh(intent, death=death, now=NOW)
    await hall.take({"token": token(), "refreshToken": REFRESH})
    record = await hall.record()
    assert (record.death, record.enabled) == (None, False)
    assert hall.states() == {known.row_id: State.DISABLED}


# ------------------------------------------------------------------------------------------------ refresh tokens


async def test_a_08_a_refresh_token_is_exchanged_once_and_nothing_else_is_asked() -> None:
    hall = Hall()
    hall.issuer.answers[REFRESH] = granted(OWNER, refresh_token("next"))
    done = await hall.take({"refreshToken": REFRESH, "label": "Backup"})
    assert (done.success, done.added, done.failed) == (True, 1, 0)
    record = await hall.record()
    assert (record.label, record.identity.account_id) == ("Backup", "acc-1")
    assert await secrets_of(hall, record) == Secrets(
        access_token=token(issued_at=NOW), refresh_token=refresh_token("next")
    )
    assert hall.issuer.sent == [REFRESH]
    assert hall.states() == {record.row_id: State.ACTIVE}


async def test_a_refresh_token_beside_a_good_access_token_is_never_exchanged() -> None:
    hall = Hall()
    await hall.take([{"refreshToken": REFRESH}, {"token": token(), "refreshToken": REFRESH}])
    assert hall.issuer.sent == []
    assert (await secrets_of(hall, await hall.record())).refresh_token == REFRESH


async def test_a_refresh_token_that_a_good_account_here_holds_is_not_exchanged() -> None:
    hall = Hall()
    known = await hall.keep()
    done = await hall.take({"refreshToken": kept_token(), "label": "again"})
    assert (done.added, done.updated) == (0, 1)
    assert ((await hall.record()).label, hall.issuer.sent) == ("again", [])
    assert hall.states() == {known.row_id: State.ACTIVE}


async def test_a_refresh_token_of_a_known_account_updates_that_one() -> None:
    hall = Hall()
    known = await hall.keep(followed_file="/home/auth.json")
    hall.issuer.answers[REFRESH] = granted(OWNER, refresh_token("next"))
    done = await hall.take(REFRESH)
    assert (done.added, done.updated) == (0, 1)
    record = await hall.record()
    assert (record.row_id, record.followed_file) == (known.row_id, None)
    assert (await secrets_of(hall, record)).refresh_token == refresh_token("next")


async def test_an_expired_access_token_is_renewed_with_the_refresh_token_beside_it() -> None:
    hall = Hall()
    hall.issuer.answers[REFRESH] = granted(OWNER, refresh_token("next"))
    done = await hall.take({"token": EXPIRED, "refreshToken": REFRESH})
    assert (done.added, hall.issuer.sent) == (1, [REFRESH])
    assert (await hall.record()).issued_at == NOW


async def test_an_old_backup_spends_no_refresh_token_of_an_account_that_moved_on() -> None:
    hall = Hall()
    known = await hall.keep()
    done = await hall.take({"token": EXPIRED, "refreshToken": REFRESH})
    assert (done.skipped, hall.issuer.sent) == (1, [])
    assert await hall.record() == known


async def test_a_13_a_dead_refresh_token_leaves_no_account_and_says_so() -> None:
    hall = Hall()
    done = await hall.take([{"refreshToken": DEAD}, token()])
    assert (done.success, done.added, done.failed) == (True, 1, 1)
    assert done.errors == ("row 1: it was used before: refresh token rt_ddd… (43 characters)",)
    assert len(await hall.records()) == 1


async def test_a_13_a_dead_refresh_token_that_is_here_already_is_not_sent_again() -> None:
    hall = Hall()
    known = await hall.keep()
    intent = await hall.store.begin_refresh(known.row_id, generation=known.generation, now=NOW)
    assert intent is not None
    dead = await hall.store.abandon_refresh(intent, death=Death.REUSED, now=NOW)
    done = await hall.take(kept_token())
    assert (done.failed, hall.issuer.sent) == (1, [])
    assert "works no more (refresh_token_reused)" in done.errors[0]
    assert await hall.record() == dead


async def test_a_refresh_token_that_cannot_be_exchanged_now_is_kept_for_later() -> None:
    hall = Hall()
    hall.issuer.answers[REFRESH] = IssuerError(Refusal.UNREACHABLE, "the issuer cannot be reached")
    done = await hall.take(REFRESH)
    assert done.errors == (
        "row 1: the issuer cannot be reached: refresh token rt_rrr… (43 characters); it is kept and tried again later",
    )
    assert (await secrets_of(hall, await hall.record())).refresh_token == REFRESH


async def test_a_17_exchanges_are_two_at_a_time_whatever_comes_of_them() -> None:
    hall = Hall()
    people = crowd(9)
    for number, person in enumerate(people):
        hall.issuer.answers[refresh_token(number)] = granted(person)
    del hall.issuer.answers[refresh_token(4)]
    done = await hall.take([refresh_token(number) for number in range(9)])
    assert (done.added, done.failed) == (8, 1)
    assert hall.issuer.most_under_way == EXCHANGES_AT_ONCE
    assert len(hall.issuer.sent) == len(set(hall.issuer.sent)) == 9


# ------------------------------------------------------------------------------------- progress, stops, failures


async def test_a_17_an_import_tells_how_far_it_is() -> None:
    class Told(Ticket):
        def __init__(self) -> None:
            super().__init__()
            self.done: list[int] = []

        def tell(self, progress: Progress) -> None:
            super().tell(progress)
            self.done.append(progress.done)

    hall, ticket = Hall(), Told()
    rows = [token(person) for person in crowd(2 * BATCH)]
    hall.issuer.answers[REFRESH] = granted(OWNER)
    await hall.take([*rows, "no token", REFRESH], ticket=ticket)
    assert ticket.done == [1, 1 + BATCH, 1 + 2 * BATCH, 2 + 2 * BATCH]
    counts = {"added": 1 + 2 * BATCH, "updated": 0, "skipped": 0, "failed": 1}
    assert ticket.progress == Progress(done=2 + 2 * BATCH, total=2 + 2 * BATCH, counts=counts)


async def test_a_cancelled_import_stops_between_two_rows_and_says_what_is_left() -> None:
    hall, ticket = Hall(), Ticket()
    hall.issuer.gate.clear()
    for number, person in enumerate(crowd(5)):
        hall.issuer.answers[refresh_token(number)] = granted(person)
    async with asyncio.TaskGroup() as group:
        rows = [token(), *(refresh_token(number) for number in range(5))]
        importing = group.create_task(hall.take(rows, ticket=ticket))
        await until(lambda: hall.issuer.under_way == EXCHANGES_AT_ONCE)
        ticket.stop_wanted = True
        hall.issuer.gate.set()
    done = importing.result()
    assert (done.success, done.added) == (False, 3)
    assert done.errors == ("the import was cancelled; 3 rows were not tried",)
    assert len(hall.issuer.sent) == EXCHANGES_AT_ONCE


async def test_an_import_that_was_cancelled_before_it_began_does_nothing() -> None:
    hall, ticket = Hall(), Ticket()
    ticket.stop_wanted = True
    done = await hall.take([token(), REFRESH], ticket=ticket)
    assert (done.success, done.errors) == (False, ("the import was cancelled; 2 rows were not tried",))
    assert (await hall.records(), hall.issuer.sent) == ((), [])


@pytest.mark.parametrize(("writes", "added"), [(0, 0), (1, BATCH), (2, BATCH + 1), (3, BATCH + 2)])
async def test_where_the_store_fails_what_came_before_is_kept_and_told(writes: int, added: int) -> None:
    hall = Hall(store=FillingStore(writes=writes))
    rows = [token(person) for person in crowd(BATCH + 1)]
    hall.issuer.answers = {refresh_token(name): granted(person) for name, person in enumerate((OWNER, COLLEAGUE))}
    done = await hall.take([*rows, refresh_token(0), refresh_token(1)])
    assert (done.success, done.added) == (False, added)
    left = BATCH + 3 - added
    assert done.errors == (f"codex-proxy.sqlite cannot be written: the disk is full; {left} rows were not tried",)


async def test_as_a_job_an_import_fails_where_the_store_does() -> None:
    hall = Hall(store=FillingStore(writes=0))
    with pytest.raises(JobFailed, match="the disk is full; 1 rows were not tried") as caught:
        await hall.imports.work(await hall.read([token()]))(Ticket())
    assert isinstance(caught.value.result, Imported)
    hall = Hall()
    assert (await hall.imports.work(await hall.read([token()]))(Ticket())).added == 1


async def test_no_secret_is_in_an_answer() -> None:
    hall = Hall()
    canaries = [refresh_token(f"canary{number}") for number in range(4)]
    hall.issuer.answers[canaries[1]] = IssuerError(Refusal.UNAVAILABLE, "the issuer answered 503")
    rows = [
        {"refreshToken": canaries[0]},
        {"refreshToken": canaries[1]},
        {"access_token": canaries[2]},
        {"refresh_token": canaries[3], "client_id": "app_theirs"},
        {"token": EXPIRED},
        {"platform": canaries[3], "token": token()},
        {"token": token(), "proxy_key": f"socks5|h|1|u|{canaries[3]}"},
    ]
    file = await hall.read(sub2api() | {"accounts": rows})
    told = f"{await hall.imports.run(file)!r} {await hall.imports.preview(file)!r} {file!r}"
    for secret in (*canaries, EXPIRED, token()):
        assert secret not in told
        assert secret[:12] not in told


# ---------------------------------------------------------------------------------------------------- previews


async def test_a_preview_says_what_an_import_would_do_and_changes_nothing() -> None:
    hall = Hall()
    await hall.keep(issued_at=NOW - 2 * DAY)
    rows = [token(), token(issued_at=NOW - 3 * DAY), token(COLLEAGUE), REFRESH, kept_token(), "no token"]
    file = await hall.read([*rows, {"platform": "gemini"}, REFRESH])
    told = await hall.imports.preview(file)
    assert [(row.index, row.action) for row in told] == [
        (1, Action.UPDATE),
        (2, Action.SKIP),
        (3, Action.ADD),
        (4, Action.ADD),
        (5, Action.UPDATE),
        (6, Action.INVALID),
        (7, Action.SKIP),
        (8, Action.SKIP),
    ]
    assert len(await hall.records()) == 1
    assert hall.issuer.sent == []
    hall.issuer.answers[REFRESH] = granted(person_of("acc-9"))
    done = await hall.imports.run(file)
    assert (done.added, done.updated, done.skipped, done.failed) == (2, 2, 3, 1)


# ------------------------------------------------------------------------------------------------ other forms


async def test_a_body_that_cannot_be_read_is_refused_before_anything_happens() -> None:
    hall = Hall()
    with pytest.raises(ImportUnreadable, match="line 1, column 3"):
        await hall.read(b"[1}")
    assert len((await hall.read(f"- {token()}\n- {REFRESH}\n".encode(), BodyForm.YAML)).rows) == 2


# --------------------------------------------------------------------------------------------------- thousands


async def steps_of(hall: Hall, content: Any) -> list[int]:
    """How far an import was whenever another task had its turn; it has to take every row."""
    ticket, steps = Ticket(), [0]
    async with asyncio.TaskGroup() as group:
        importing = group.create_task(hall.take(content, ticket=ticket))
        while not importing.done():
            await asyncio.sleep(0)
            if ticket.progress.done != steps[-1]:
                steps.append(ticket.progress.done)
    done = importing.result()
    assert (done.success, done.errors) == (True, ())
    return steps


@pytest.mark.parametrize("place", ["memory", "sqlite"])
async def test_a_17_five_thousand_accounts_come_in_while_others_get_their_turn(place: str, tmp_path: Path) -> None:
    rows = [{"token": token(person), "refreshToken": refresh_token(place)} for place, person in enumerate(crowd(4990))]
    alone = {refresh_token(f"alone{number}"): granted(person_of(f"alone-{number}")) for number in range(10)}
    async with AsyncExitStack() as stack:
        stores = None if place == "memory" else await stack.enter_async_context(opened(tmp_path, folder=tmp_path))
        hall = Hall(kept=in_memory() if stores is None else of(stores))
        hall.issuer.answers.update(alone)
        steps = await steps_of(hall, {"accounts": [*rows, *alone]})
        assert len(hall.pool) == len(await hall.records()) == 5000
    assert max(later - earlier for earlier, later in pairwise(steps)) == BATCH
    assert steps[-1] == 5000


async def test_p_11_accounts_on_disk_are_not_live_before_they_have_their_ways() -> None:
    class Followed(MemoryAccountStore):
        """Which is looked at by whoever follows it as soon as anything is put there."""

        following: list[asyncio.Task[bool]]

        async def put_many(self, new: Sequence[NewAccount], *, now: float) -> tuple[PutOutcome, ...]:
            put = await super().put_many(new, now=now)
            self.following = [asyncio.get_running_loop().create_task(hall.keeper.follow())]
            await settled()
            assert len(hall.pool) == 0
            return put

    store = Followed()
    hall = Hall(store=store)
    await hall.take({"accounts": [{"token": token()}]}, include_state=True)
    assert await store.following[0]
    assert len(hall.pool) == 1
