"""Vendor keys, reached over the control plane."""

from pathlib import Path

import pytest

from tests.scenarios.stage import stage


@pytest.mark.parametrize("path", ["/auth/api-keys", "/auth/api-keys/catalog", "/auth/api-keys/export"])
async def test_the_owner_reads_it_and_nobody_else_does(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path) as play:
        assert (await play.client.get(path)).status_code == 200
        assert (await play.client.get(path, headers={"authorization": "Bearer wrong"})).status_code == 401
