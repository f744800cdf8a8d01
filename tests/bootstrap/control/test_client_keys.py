"""Client keys, reached over the control plane."""

from pathlib import Path

from tests.scenarios.key_stage import KEYS
from tests.scenarios.stage import stage


async def test_the_owner_reads_them_and_nobody_else_does(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        assert (await play.client.get(KEYS)).json()["total"] == 0
        assert (await play.client.get(KEYS, headers={"authorization": "Bearer wrong"})).status_code == 401
