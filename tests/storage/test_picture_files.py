"""Pictures as files."""

import base64
import os
import stat
from pathlib import Path

import pytest

from codex_proxy.simulator.unscripted.pictures import draw
from codex_proxy.storage.picture_files import PictureFiles

PNG = draw("png", "a")
SIZE_BYTES = len(base64.b64decode(PNG))
DAY = 86_400.0


class Shelf:
    """A store over a directory, with a clock to set and complaints to read."""

    def __init__(self, directory: Path, *, pictures_count: int = 100) -> None:
        self.directory = directory / "images"
        self.time = 1000.0
        self.complaints: list[Exception] = []
        self._number = 0
        self.files = PictureFiles(
            self.directory,
            now=lambda: self.time,
            new_name=self._name,
            lifetime_seconds=lambda: DAY,
            max_total_bytes=lambda: SIZE_BYTES * pictures_count,
            complain=self.complaints.append,
        )

    def _name(self) -> str:
        self._number += 1
        return f"{self._number:024}"

    async def keep(self, picture: str = PNG) -> str:
        name = await self.files.keep(picture)
        assert name is not None
        return name

    @property
    def kept(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir())


@pytest.mark.parametrize(
    ("form", "ending", "media_type"),
    [("png", ".png", "image/png"), ("jpeg", ".jpg", "image/jpeg"), ("webp", ".webp", "image/webp")],
)
async def test_a_picture_comes_back_as_what_its_bytes_are(
    tmp_path: Path, form: str, ending: str, media_type: str
) -> None:
    shelf = Shelf(tmp_path)
    name = await shelf.keep(draw(form, "a"))
    kept = await shelf.files.find(name)
    assert kept is not None
    assert (name.endswith(ending), kept.media_type) == (True, media_type)
    assert kept.content == base64.b64decode(draw(form, "a"))


async def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    path = shelf.directory / await shelf.keep()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(shelf.directory.stat().st_mode) == 0o700


async def test_after_its_time_a_picture_is_not_found_and_then_not_there(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old = await shelf.keep()
    shelf.time += DAY - 1
    young = await shelf.keep()
    assert await shelf.files.find(old) is not None
    shelf.time += 1
    assert await shelf.files.find(old) is None
    assert await shelf.files.find(young) is not None
    assert shelf.kept == [old, young]
    assert await shelf.files.expire()
    assert shelf.kept == [young]


async def test_the_oldest_go_when_there_is_too_much(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, pictures_count=2)
    names = []
    for _ in range(3):
        shelf.time += 1
        names.append(await shelf.keep())
    assert shelf.kept == names[1:]


@pytest.mark.parametrize("picture", ["%%%", base64.b64encode(b"<html>").decode(), "", draw("png", "a") + "===="])
async def test_what_is_no_picture_is_not_kept_and_complained_about(tmp_path: Path, picture: str) -> None:
    shelf = Shelf(tmp_path)
    assert await shelf.files.keep(picture) is None
    assert len(shelf.complaints) == 1
    assert not shelf.directory.exists()


async def test_a_picture_larger_than_everything_is_not_kept_and_costs_no_other(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, pictures_count=1)
    name = await shelf.keep()
    assert await shelf.files.keep(draw("png", "a", padding_bytes=1)) is None
    assert (shelf.kept, len(shelf.complaints)) == ([name], 1)


async def test_a_disk_that_fails_is_complained_about(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("in the way")
    shelf = Shelf(tmp_path)
    assert await shelf.files.keep(PNG) is None
    assert isinstance(shelf.complaints[0], OSError)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../secret.key", "short.png", "0" * 24, "0" * 24 + ".svg", "0" * 24 + ".png\n", "a/" + "0" * 24],
)
async def test_names_that_are_none_find_nothing(tmp_path: Path, name: str) -> None:
    shelf = Shelf(tmp_path)
    await shelf.keep()
    (shelf.directory / ("0" * 24 + ".svg")).write_bytes(b"<svg/>")
    assert await shelf.files.find(name) is None


async def test_nothing_expires_where_nothing_was_kept(tmp_path: Path) -> None:
    assert await Shelf(tmp_path).files.expire()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - hidden files count too


async def test_remains_of_a_crash_expire_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    await shelf.keep()
    os.utime(shelf.directory / shelf.kept[0], (0, 0))
    (shelf.directory / ".half").write_bytes(b"x")
    os.utime(shelf.directory / ".half", (0, 0))
    shelf.time = DAY
    await shelf.files.expire()
    assert shelf.kept == []
