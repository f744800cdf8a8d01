"""How long accounts rest, as the owner sets it, seen by their clients."""

from pathlib import Path

from tests.scenarios.stage import stage

TOO_FAST = """
rules:
  - when: {contains: x}
    reply: {status: 429, body: {error: {code: rate_limit_exceeded, message: slow down}}}
"""


async def test_accounts_rest_as_long_as_the_owner_says_after_a_refusal_that_names_no_time(tmp_path: Path) -> None:
    async with stage(tmp_path, TOO_FAST) as play:
        change = {"values": {"auth.rate_limit_backoff_seconds": 7000}}
        assert (await play.client.post("/admin/settings", json=change)).status_code == 200
        refused = [await play.chat("x") for _ in range(2)]
        assert [reply.status_code for reply in refused] == [429, 429]
        assert 6000 < int(refused[1].headers["retry-after"]) <= 7000
        assert len(await play.asked()) == 2
