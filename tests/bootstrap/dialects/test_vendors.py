"""The routes that vendors serve."""

from pathlib import Path

from tests.scenarios.vendor_stage import vendor_stage

SETTINGS = {"model": {"aliases": {"embed": "chat:e-1", "paint": "chat:p-1", "listen": "chat:l-1", "speak": "chat:s-1"}}}
NAMES = (b"e-1", b"s-1", b"l-1", b"p-1")


async def test_what_only_vendors_have_is_passed_on_to_them(tmp_path: Path) -> None:
    async with vendor_stage(tmp_path, "vendors: {chat: {wires: [chat]}}", settings=SETTINGS) as stage:
        client = stage.play.client
        vectors = await client.post("/v1/embeddings", json={"model": "embed", "input": ["a", "b"]})
        assert (vectors.status_code, len(vectors.json()["data"])) == (200, 2)
        sound = await client.post("/v1/audio/speech", json={"model": "speak", "input": "hello", "voice": "alloy"})
        assert sound.status_code == 200
        file = {"file": ("a.wav", sound.content)}
        heard = await client.post("/v1/audio/transcriptions", files=file, data={"model": "listen"})
        assert heard.status_code == 200
        assert heard.json()["text"].startswith("I hear")
        painted = await client.post("/v1/images/generations", json={"model": "paint", "prompt": "a fox"})
        assert (painted.status_code, "b64_json" in painted.json()["data"][0]) == (200, True)
        asked = [call["path"].rpartition("/v1/")[2] for call in await stage.calls()]
        assert asked == ["embeddings", "audio/speech", "audio/transcriptions", "images/generations"]
        assert [name in call["raw"] for call, name in zip(await stage.calls(), NAMES, strict=True)] == [True] * 4


async def test_pictures_that_no_vendor_is_asked_for_are_the_accounts(tmp_path: Path) -> None:
    async with vendor_stage(tmp_path, "vendors: {chat: {wires: [chat]}}") as stage:
        made = await stage.play.client.post("/v1/images/generations", json={"prompt": "x"})
        assert made.status_code == 200
        assert await stage.calls() == []


async def test_a_model_of_the_accounts_has_no_vectors(tmp_path: Path) -> None:
    async with vendor_stage(tmp_path, "vendors: {chat: {wires: [chat]}}") as stage:
        refused = await stage.play.client.post("/v1/embeddings", json={"model": "gpt-5.4", "input": "a"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")
