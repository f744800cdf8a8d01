"""Accounts go out into files, and come in again."""

from typing import Any

import msgspec
import pytest

from codex_proxy.accounts.formats.usage import encode_counters
from codex_proxy.accounts.formats.writing import ExportFormat
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.quota.counters import Tally, UsageCounters
from codex_proxy.accounts.record import FingerprintMode
from codex_proxy.accounts.store import NewAccount
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.operations.transfer.exporting import EXPORTED, UnknownAccounts
from codex_proxy.simulator.tokens import person_of
from tests.accounts.formats.samples import COLLEAGUE, DAY, NOW, OWNER, token
from tests.operations.transfer.hall import Hall, granted, kept_token


async def exported(hall: Hall, form: ExportFormat = ExportFormat.FULL, **members: Any) -> Any:
    return msgspec.json.decode((await hall.exports.run(form, **members)).content)


async def test_all_accounts_are_exported_oldest_first() -> None:
    hall = Hall()
    await hall.keep(COLLEAGUE, issued_at=NOW - DAY)
    await hall.keep(OWNER, issued_at=NOW - 2 * DAY)
    file = await hall.exports.run(ExportFormat.FULL)
    told = msgspec.json.decode(file.content)["accounts"]
    assert [entry["email"] for entry in told] == ["owner@example.invalid", "colleague@example.invalid"]
    assert told[0]["token"] == token(issued_at=NOW - 2 * DAY)
    assert (file.name, repr(file)) == (
        "accounts-export-2027-01-15.json",
        "ExportedFile(name='accounts-export-2027-01-15.json')",
    )


async def test_those_that_were_chosen_are_exported_and_an_unknown_one_is_named() -> None:
    hall = Hall()
    mine, _ = await hall.keep(OWNER), await hall.keep(COLLEAGUE)
    told = await exported(hall, row_ids=[mine.row_id])
    assert [entry["id"] for entry in told["accounts"]] == [mine.row_id]
    with pytest.raises(UnknownAccounts, match="ids: there is no account ffffffffffffffff"):
        await hall.exports.run(ExportFormat.FULL, row_ids=[mine.row_id, "ffffffffffffffff"])


async def test_a_full_export_tells_what_is_known_beside_the_record() -> None:
    hall = Hall()
    known = await hall.keep(fingerprint_mode=FingerprintMode.SESSION)
    await hall.proxies.keep_assignments({known.row_id: "auto"})
    await hall.store.keep_counters({known.row_id: encode_counters(UsageCounters(total=Tally(request_count=5)))})
    window = RateLimitWindow(used_percent=25.0, window_seconds=18_000, resets_at=NOW + 60)
    hall.pool.observe(known.row_id, RateLimitSnapshot(limit_id="codex", primary=window), NOW - 30)
    hall.pool.settle(known.row_id, News(occurrence=Occurrence.PAYMENT), NOW)
    [entry] = (await exported(hall))["accounts"]
    assert (entry["status"], entry["proxyId"], entry["codexFingerprintMode"]) == ("quota_exhausted", "auto", "session")
    assert entry["usage"]["request_count"] == 5
    assert entry["cachedQuota"]["rate_limit"]["used_percent"] == 25.0
    assert entry["quotaFetchedAt"] == "2027-01-15T07:59:30.000Z"
    assert entry["quotaVerifyRequired"] is False
    hall.clock.time += 3601
    assert (await exported(hall))["accounts"][0]["quotaVerifyRequired"] is True


async def test_an_account_that_another_process_just_made_is_exported_too() -> None:
    hall = Hall()
    grant = granted(OWNER, issued_at=NOW - 20 * DAY)
    new = NewAccount(row_id="a" * 16, identity=grant.identity, secrets=grant.secrets, expires_at=grant.expires_at)
    await hall.store.put(new, now=NOW)
    assert (await exported(hall))["accounts"][0]["status"] == "expired"


async def test_the_timeline_of_each_account_says_that_it_was_exported() -> None:
    hall = Hall()
    mine, _ = await hall.keep(OWNER), await hall.keep(COLLEAGUE)
    await hall.exports.run(ExportFormat.MINIMAL, row_ids=[mine.row_id])
    await hall.keeper.write()
    [event] = await hall.store.events(mine.row_id, limit=9)
    assert (event.reason, event.before, event.after) == (EXPORTED, "active", "active")
    assert event.evidence == {"format": "minimal"}


@pytest.mark.parametrize("form", ExportFormat)
async def test_whatever_one_gateway_exports_another_one_takes_in(form: ExportFormat) -> None:
    here, there = Hall(), Hall()
    people = [OWNER, COLLEAGUE, person_of("acc-3")]
    for person in people:
        await here.keep(person)
    there.issuer.answers = {kept_token(person): granted(person) for person in people}
    done = await there.take((await here.exports.run(form)).content)
    assert (done.added, done.skipped, done.failed) == (3, 0, 0)
    records, known = await there.records(), await here.records()
    assert {record.identity for record in records} == {record.identity for record in known}


async def test_an_export_that_comes_back_changes_nothing() -> None:
    hall = Hall()
    await hall.keep(OWNER)
    await hall.keep(COLLEAGUE)
    before = await hall.records()
    for form in ExportFormat:
        done = await hall.take((await hall.exports.run(form)).content)
        assert (done.added, done.failed) == (0, 0)
    assert hall.issuer.sent == []
    assert [(record.row_id, record.generation) for record in await hall.records()] == [
        (record.row_id, record.generation) for record in before
    ]


async def test_a_full_export_brings_a_gateway_back_as_it_was() -> None:
    here, there = Hall(), Hall()
    known = await here.keep(OWNER, enabled=False, label="mine", fingerprint_mode=FingerprintMode.SESSION)
    await here.proxies.keep_assignments({known.row_id: "direct"})
    await here.store.keep_counters({known.row_id: encode_counters(UsageCounters(total=Tally(request_count=5)))})
    await there.take((await here.exports.run(ExportFormat.FULL)).content, include_state=True)
    record = await there.record()
    assert (record.enabled, record.label, record.fingerprint_mode) == (False, "mine", FingerprintMode.SESSION)
    assert there.proxies.assignments == {record.row_id: "direct"}
    [entry] = (await exported(there))["accounts"]
    [original] = (await exported(here))["accounts"]
    differing = {name for name, value in original.items() if entry[name] != value}
    assert differing <= {"id", "addedAt"}
