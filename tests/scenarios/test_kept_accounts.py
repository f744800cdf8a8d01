"""Accounts that are kept: refreshed in time and when refused, followed over restarts, never sent twice."""

import asyncio
from pathlib import Path

from codex_proxy.accounts.record import Death
from tests.scenarios.account_stage import gateway, keep, simulator, stores_in

SHORT_LIVED = "issuer: {access_token_seconds: 4}"
SOON_OVER = "issuer: {access_token_seconds: 200%s}"  # within the margin of renewal, and long enough for any test


async def test_kept_accounts_serve_after_a_restart(tmp_path: Path) -> None:
    async with simulator() as services:
        await keep(tmp_path, services, await services.grant("one", "two"))
        for _ in range(2):
            async with gateway(tmp_path, services) as play:
                assert (await play.chat()).status_code == 200
                assert await play.states() == {"active": 2}


async def test_a_token_is_refreshed_before_it_expires_and_clients_see_nothing_of_it(tmp_path: Path) -> None:
    async with simulator(SOON_OVER % "") as services:
        (pair,) = await services.grant("one")
        await keep(tmp_path, services, [pair], tells_age=False)
        async with gateway(tmp_path, services) as play:
            await services.sent(pair.refresh_token)
            assert (await play.chat()).status_code == 200
            assert await services.sendings(pair.refresh_token) == 1
        async with stores_in(tmp_path) as stores:
            (record,) = (await stores.accounts.load()).changed
            kept = await stores.accounts.secrets(record.row_id)
        assert record.generation >= 1
        assert kept is not None
        assert kept.refresh_token != pair.refresh_token


async def test_b_09_a_refused_token_is_renewed_and_the_client_sees_the_answer(tmp_path: Path) -> None:
    async with simulator() as services:
        (pair,) = await services.grant("one")
        await keep(tmp_path, services, [pair])
        async with gateway(tmp_path, services) as play:
            await services.revoke("one")
            replies = await asyncio.gather(*(play.chat(str(number)) for number in range(8)))
            assert [reply.status_code for reply in replies] == [200] * 8
            assert await services.sendings(pair.refresh_token) == 1


async def test_b_02_a_spent_refresh_token_needs_a_login_and_its_access_token_serves_on(tmp_path: Path) -> None:
    async with simulator(SOON_OVER % ", faults: [{answer: reused}]") as services:
        (pair,) = await services.grant("one")
        (record,) = await keep(tmp_path, services, [pair], tells_age=False)
        async with gateway(tmp_path, services) as play:
            await services.sent(pair.refresh_token)
            assert (await play.chat()).status_code == 200
        async with stores_in(tmp_path) as stores:
            after = await stores.accounts.find(record.row_id)
            events = await stores.accounts.events(record.row_id, limit=9)
        assert after is not None
        assert after.death is Death.REUSED
        assert "needs_login" in {event.after for event in events}
        assert await services.sendings(pair.refresh_token) == 1


async def test_b_01_two_gateways_on_one_directory_send_no_token_twice(tmp_path: Path) -> None:
    names = [f"account-{number}" for number in range(6)]
    async with simulator(SHORT_LIVED) as services:
        pairs = await services.grant(*names)
        await keep(tmp_path, services, pairs)
        async with gateway(tmp_path, services), gateway(tmp_path, services) as second:
            for pair in pairs:
                await services.sent(pair.refresh_token)
            await services.sent_again(len(names))
            assert (await second.chat()).status_code == 200
        sent = [len(token["sendings"]) for token in await services.tokens()]
        assert max(sent) == 1


async def test_a_14_an_account_that_comes_while_the_gateway_runs_is_used_within_a_second(tmp_path: Path) -> None:
    async with simulator() as services, gateway(tmp_path, services) as play:
        assert (await play.chat()).status_code == 503
        await keep(tmp_path, services, await services.grant("late"))
        async with asyncio.timeout(30):
            while (await play.chat()).status_code != 200:
                pass
