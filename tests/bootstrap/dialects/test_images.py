"""The routes of pictures."""

from pathlib import Path

import pytest

from tests.scenarios.stage import stage


async def test_pictures_are_made_with_a_key_and_shown_without(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        made = await play.client.post("/v1/images/generations", json={"prompt": "x", "response_format": "url"})
        link = made.json()["data"][0]["url"]
        del play.client.headers["authorization"]
        assert (await play.client.post("/v1/images/generations", json={"prompt": "x"})).status_code == 401
        assert (await play.client.post("/v1/images/edits", json={"prompt": "x"})).status_code == 401
        assert (await play.client.get(link)).status_code == 200
        assert (await play.client.head(link)).status_code == 200


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("POST", 404), ("DELETE", 405)])
async def test_what_is_no_picture_is_not_there(tmp_path: Path, method: str, status: int) -> None:
    async with stage(tmp_path) as play:
        assert (await play.client.request(method, "/images/nothing")).status_code == status


async def test_copies_are_for_pictures_only(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        assert len((await play.client.post("/v1/images/generations", json={"prompt": "x", "n": 2})).json()["data"]) == 2
        assert len(await play.asked()) == 2
