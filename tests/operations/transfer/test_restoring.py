"""States of a full export come back where they were asked for."""

from typing import Any

import pytest

from codex_proxy.accounts.formats.usage import decode_counters, encode_counters
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.accounts.quota.counters import Tally, UsageCounters
from codex_proxy.accounts.record import FingerprintMode
from codex_proxy.operations.egress.addresses import parse_proxy
from codex_proxy.operations.transfer.times import read_iso
from codex_proxy.simulator.tokens import person_of
from tests.accounts.formats.samples import COLLEAGUE, NOW, OWNER, REFRESH, sub2api, token
from tests.operations.transfer.hall import Hall, granted, refresh_token

KEY = "socks5|10.0.0.1|1080|user|hunter2"
URL = "socks5://user:hunter2@10.0.0.1:1080"
FULL: dict[str, Any] = {
    "token": token(),
    "refreshToken": REFRESH,
    "status": "disabled",
    "codexFingerprintMode": "session",
    "proxyApiKey": "codex-proxy-" + "0a" * 24,
    "usage": {"request_count": 5},
}


async def counters(hall: Hall, row_id: str) -> UsageCounters:
    kept = (await hall.store.load_counters())[row_id]
    return decode_counters(kept, read_time=read_iso)


def with_proxy(**members: Any) -> dict[str, Any]:
    content = sub2api({"access_token": token()}, {"refresh_token": REFRESH}, proxies=[{"proxy_key": KEY, **members}])
    for entry in content["accounts"]:
        entry["proxy_key"] = KEY
    return content


async def test_without_being_asked_nothing_but_credential_and_label_comes_back() -> None:
    hall = Hall()
    await hall.take(FULL)
    record = await hall.record()
    assert (record.enabled, record.fingerprint_mode) == (True, FingerprintMode.OFF)
    assert await hall.store.load_counters() == {}
    secrets = await hall.store.secrets(record.row_id)
    assert secrets is not None
    assert secrets.client_key is None


async def test_of_two_rows_of_one_account_each_changes_what_it_tells() -> None:
    hall = Hall()
    first = FULL | {"codexFingerprintMode": "off"}
    then = {"token": token(issued_at=NOW + 5), "codexFingerprintMode": "session"}
    imported = await hall.take([first, then], include_state=True)
    assert (imported.added, imported.updated) == (1, 1)
    record = await hall.record()
    assert (record.enabled, record.fingerprint_mode) == (False, FingerprintMode.SESSION)


async def test_a_new_account_comes_back_as_it_was() -> None:
    hall = Hall()
    await hall.take(FULL, include_state=True)
    record = await hall.record()
    assert (record.enabled, record.fingerprint_mode) == (False, FingerprintMode.SESSION)
    assert await counters(hall, record.row_id) == UsageCounters(total=Tally(request_count=5))
    secrets = await hall.store.secrets(record.row_id)
    assert secrets is not None
    assert secrets.client_key == FULL["proxyApiKey"]
    assert hall.states() == {record.row_id: State.DISABLED}


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_12_whether_a_known_account_is_enabled_stays_its_owners(*, enabled: bool) -> None:
    hall = Hall()
    known = await hall.keep(enabled=enabled)
    await hall.take(FULL | {"status": "disabled" if enabled else "active"}, include_state=True)
    record = await hall.record()
    assert (record.row_id, record.enabled) == (known.row_id, enabled)
    assert record.fingerprint_mode is FingerprintMode.SESSION


async def test_what_is_counted_here_is_not_replaced_by_what_was_counted_elsewhere() -> None:
    hall = Hall()
    known = await hall.keep()
    mine = UsageCounters(total=Tally(request_count=2))
    await hall.store.keep_counters({known.row_id: encode_counters(mine)})
    await hall.take(FULL, include_state=True)
    assert await counters(hall, known.row_id) == mine


async def test_an_account_has_the_proxy_of_its_file_before_anybody_can_use_it() -> None:
    hall = Hall()
    hall.issuer.answers[REFRESH] = granted(COLLEAGUE, refresh_token("next"))
    done = await hall.take(with_proxy(name="exit"), include_state=True)
    assert (done.added, done.notes) == (2, ())
    [proxy] = hall.proxies.proxies
    assert (proxy.name, proxy.url, proxy.added_at) == ("exit", URL, NOW)
    rows = {record.row_id for record in await hall.records()}
    assert hall.proxies.assignments == dict.fromkeys(rows, proxy.proxy_id)
    assert hall.ways_when_live == dict.fromkeys(rows, proxy.proxy_id)


async def test_b_07_a_refresh_token_is_exchanged_through_the_proxy_of_its_file() -> None:
    hall = Hall()
    ways: list[str | None] = []
    hall.issuer.answers[REFRESH] = granted(COLLEAGUE)
    hall.issuer.heard = lambda row_id: ways.append(hall.way(row_id))
    await hall.take(with_proxy(), include_state=True)
    assert ways == [proxy.proxy_id for proxy in hall.proxies.proxies]


async def test_a_proxy_that_is_here_already_stays_as_its_owner_has_it() -> None:
    hall = Hall()
    mine = await hall.proxies.add(parse_proxy(URL), name="mine")
    await hall.proxies.enable(mine.proxy_id, enabled=False)
    hall.issuer.answers[REFRESH] = granted(COLLEAGUE)
    await hall.take(with_proxy(name="exit"), include_state=True)
    assert [(proxy.proxy_id, proxy.name, proxy.enabled) for proxy in hall.proxies.proxies] == [
        (mine.proxy_id, "mine", False)
    ]
    assert set(hall.proxies.assignments.values()) == {mine.proxy_id}


async def test_p_05_a_name_never_holds_the_password() -> None:
    hall = Hall()
    await hall.take(with_proxy(name=f"via {KEY}"), include_state=True)
    assert ["hunter2" in proxy.name for proxy in hall.proxies.proxies] == [False]


@pytest.mark.parametrize("url", ["socks4|10.0.0.1|1080|user|hunter2", "socks5||1080|user|hunter2", "hunter2"])
async def test_a_proxy_that_cannot_be_is_left_out_and_said_without_its_password(url: str) -> None:
    hall = Hall()
    content = sub2api({"access_token": token()}, proxies=[{"proxy_key": url}])
    content["accounts"][0]["proxy_key"] = url
    done = await hall.take(content, include_state=True)
    assert done.added == 1
    assert "an egress proxy of the file was left out" in done.notes[0]
    assert "did not come with it" in done.notes[1]
    assert "hunter2" not in repr(done)


async def test_without_being_asked_a_proxy_is_only_mentioned() -> None:
    hall = Hall()
    hall.issuer.answers[REFRESH] = granted(COLLEAGUE)
    done = await hall.take(with_proxy())
    assert done.notes == ("2 rows name an egress proxy, which only include_state=true takes over",)
    assert hall.proxies.proxies == ()


@pytest.mark.parametrize(
    ("way", "assigned"), [("direct", "direct"), ("auto", "auto"), ("mine", "mine"), ("p9", None), (None, None)]
)
async def test_a_way_out_comes_back_where_it_is_here(way: str | None, assigned: str | None) -> None:
    hall = Hall()
    mine = await hall.proxies.add(parse_proxy(URL))
    ids = {"mine": mine.proxy_id}
    done = await hall.take(FULL | {"proxyId": ids.get(way or "", way)}, include_state=True)
    assert hall.way((await hall.record()).row_id) == ids.get(assigned or "", assigned)
    assert (done.notes != ()) is (way == "p9")


async def test_the_global_way_takes_another_one_away() -> None:
    hall = Hall()
    known = await hall.keep()
    await hall.proxies.keep_assignments({known.row_id: "direct"})
    await hall.take({"token": token()}, include_state=True)
    assert hall.way(known.row_id) == "direct"
    await hall.take({"token": token(), "proxyId": "global"}, include_state=True)
    assert hall.way(known.row_id) is None


async def test_the_state_of_a_refresh_token_goes_to_the_account_that_it_turns_out_to_be() -> None:
    hall = Hall()
    known = await hall.keep(OWNER)
    hall.issuer.answers[REFRESH] = granted(OWNER, refresh_token("next"))
    hall.issuer.answers[refresh_token("other")] = granted(person_of("acc-2"))
    told = {"codexFingerprintMode": "session", "proxyId": "direct", "status": "disabled"}
    rows = [told | {"refreshToken": REFRESH}, told | {"refreshToken": refresh_token("other")}]
    done = await hall.take(rows, include_state=True)
    assert (done.added, done.updated) == (1, 1)
    records = await hall.records()
    assert {record.fingerprint_mode for record in records} == {FingerprintMode.SESSION}
    assert {record.row_id == known.row_id: record.enabled for record in records} == {True: True, False: False}
    assert set(hall.proxies.assignments.values()) == {"direct"}
