"""Egress proxies in a file; what every store keeps to is in the contract suite."""

from pathlib import Path

from tests.stores.places import bytes_of, opened
from tests.stores.test_egress_store_contract import ONE


async def test_p_05_passwords_do_not_lie_open(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.egress.put([ONE])
        found = bytes_of(tmp_path)
        assert (await stores.egress.load()).proxies == (ONE,)
    assert b"one" in found
    assert b"pass-word" not in found


async def test_another_process_sees_changes(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as here, opened(tmp_path, folder=tmp_path) as there:
        seen = await here.egress.load()
        await there.egress.put([ONE])
        news = await here.egress.load_newer(seen.revision)
        assert news is not None
        assert news.proxies == (ONE,)
