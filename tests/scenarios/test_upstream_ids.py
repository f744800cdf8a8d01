"""Who a conversation is upstream: the same over restarts, another one with each account."""

from pathlib import Path
from typing import Any

from codex_proxy.accounts.record import Secrets
from tests.scenarios.account_stage import gateway, keep, simulator
from tests.scenarios.stage import Stage

IDS = ("session-id", "thread-id", "x-codex-window-id", "x-client-request-id")
LIMITED = "rules: [{when: {account: %s}, reply: {status: 429, body: {error: {type: usage_limit_reached}}}}]"


async def turn(play: Stage, *words: str, key: str = "conversation") -> None:
    """One more turn of a conversation that its client names."""
    history: list[dict[str, Any]] = [{"role": "user", "content": word} for word in words]
    body = {"model": "gpt-5.4", "input": history, "prompt_cache_key": key}
    assert (await play.client.post("/v1/responses", json=body)).status_code == 200


async def seen(play: Stage) -> list[tuple[str, tuple[str, ...]]]:
    """Account and ids of every request that was answered."""
    asked = [(entry["account"], dict(entry["headers"]), entry["status"]) for entry in await play.asked()]
    return [(account, tuple(headers[name] for name in IDS)) for account, headers, status in asked if status == 200]


async def test_a_conversation_is_the_same_after_a_restart_and_another_one_with_another_account(tmp_path: Path) -> None:
    async with simulator() as services:
        await keep(tmp_path, services, await services.grant("one", "two"))
        async with gateway(tmp_path, services) as play:
            await turn(play, "first")
            await turn(play, "other", key="other")
        async with gateway(tmp_path, services) as play:
            await turn(play, "first", "more")
            (home, ids), (_, others), again = await seen(play)
            assert again == (home, ids)
            assert set(ids).isdisjoint(others)
            await services.change(LIMITED % home)
            await turn(play, "first", "more", "and more")
            elsewhere, theirs = (await seen(play))[-1]
            assert elsewhere != home
            assert set(ids).isdisjoint(theirs)
        async with gateway(tmp_path, services) as play:
            await turn(play, "first", "more", "and more", "still more")
            assert (await seen(play))[-1] == (elsewhere, theirs)


async def test_an_account_shows_one_session_for_all_of_its_conversations_where_its_owner_says_so(
    tmp_path: Path,
) -> None:
    path = f"/auth/accounts/{0:016x}/codex-fingerprint"
    async with simulator() as services:
        await keep(tmp_path, services, await services.grant("one"))
        async with gateway(tmp_path, services) as play:
            await turn(play, "apart")
            assert (await play.client.patch(path, json={"mode": "session"})).json()["mode"] == "session"
            await turn(play, "apart", "more")
            await turn(play, "other", key="other")
        async with gateway(tmp_path, services) as play:
            await turn(play, "third", key="third")
            assert (await play.client.patch(path, json={"mode": "off"})).json()["mode"] == "off"
            await turn(play, "apart", "more", "and more")
            ids = [told for _, told in await seen(play)]
            keys = [entry["body"]["prompt_cache_key"] for entry in await play.asked()]
    sessions, threads = [told[0] for told in ids], [told[1] for told in ids]
    assert sessions[1] == sessions[2] == sessions[3] != sessions[0] == sessions[4]
    assert threads[0] == threads[1] == threads[4]
    assert len(set(threads)) == 3
    assert keys == sessions


async def test_a_06_ids_of_an_account_that_was_removed_are_nobodys(tmp_path: Path) -> None:
    async with simulator() as services:
        (pair,) = await services.grant("one")
        await keep(tmp_path, services, [pair])
        async with gateway(tmp_path, services) as play:
            await turn(play, "first")
            assert (await play.client.delete(f"/auth/accounts/{0:016x}")).status_code == 200
            added = await play.client.post("/auth/accounts", json={"token": pair_token(pair)})
            assert added.status_code == 200
            await turn(play, "first", "more")
            (account, before), (same, after) = await seen(play)
        assert account == same
        assert set(before).isdisjoint(after)


def pair_token(pair: Secrets) -> str:
    assert pair.access_token is not None
    return pair.access_token
