"""What is done once."""

from pathlib import Path

from tests.stores.places import opened


async def test_what_is_marked_stays_marked(tmp_path: Path) -> None:
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert not await stores.marks.has("import")
        await stores.marks.set("import", now=5.0)
        await stores.marks.set("import", now=6.0)
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert await stores.marks.has("import")
        assert not await stores.marks.has("another")
