"""Pictures and sound of vendors through a whole gateway, asked for with OpenAI's official SDK."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from codex_proxy.simulator.unscripted.pictures import tiny_png
from codex_proxy.simulator.vendors.sound import heard, spoken
from tests.scenarios.stage import KEY
from tests.scenarios.vendor_stage import VendorStage, vendor_stage

SCENARIO = "vendors: {chat: {wires: [chat], rules: [%s]}}"
FAILS = "{when: {endpoint: audio/speech}, reply: {status: 400, body: {error: {message: no such voice, param: voice}}}}"
MODEL = "chat:media-1"
SOUND = ("a.wav", b"RIFF" + bytes(range(256)) * 400, "audio/wav")
PICTURE = ("cat.png", base64.b64decode(tiny_png()), "image/png")


@asynccontextmanager
async def asking(
    data_dir: Path, rules: str = "", **server: Any
) -> AsyncIterator[tuple[VendorStage, openai.AsyncOpenAI]]:
    async with (
        vendor_stage(data_dir, SCENARIO % rules, settings={"server": server}) as stage,
        httpx2.AsyncClient(timeout=20) as http,
    ):
        yield stage, openai.AsyncOpenAI(api_key=KEY, base_url=f"{stage.play.url}/v1", max_retries=0, http_client=http)


async def test_pictures_made_and_edited_whole_and_streamed(tmp_path: Path) -> None:
    async with asking(tmp_path) as (stage, client):
        made = await client.images.generate(model=MODEL, prompt="a cat")
        edited = await client.images.edit(model=MODEL, image=[PICTURE, PICTURE], prompt="a dog")
        assert made.data
        assert edited.data
        assert made.data[0].b64_json != edited.data[0].b64_json
        drawn: Any = await client.images.generate(model=MODEL, prompt="a cow", stream=True, partial_images=1)
        changed: Any = await client.images.edit(model=MODEL, image=PICTURE, prompt="a hen", stream=True)
        kinds = [[event.type async for event in events] for events in (drawn, changed)]
        assert kinds[0] == ["image_generation.partial_image", "image_generation.completed"]
        assert kinds[1][-1] == "image_edit.completed"
        paths = [call["path"].rpartition("/v1/")[2] for call in await stage.calls()]
        named = [MODEL.encode() in call["raw"] for call in await stage.calls()]
    assert (paths, any(named)) == (["images/generations", "images/edits"] * 2, False)


async def test_sound_heard_translated_and_spoken_whole_and_streamed(tmp_path: Path) -> None:
    async with asking(tmp_path) as (stage, client):
        text = (await client.audio.transcriptions.create(model=MODEL, file=SOUND)).text
        timed: Any = await client.audio.transcriptions.create(model=MODEL, file=SOUND, response_format="vtt")
        with pytest.deprecated_call():
            translated = await client.audio.translations.create(model=MODEL, file=SOUND)
        streamed = await client.audio.transcriptions.create(model=MODEL, file=SOUND, stream=True)
        events = [event async for event in streamed]
        said = await client.audio.speech.create(model=MODEL, voice="alloy", input="hello", response_format="wav")
        async with client.audio.speech.with_streaming_response.create(
            model=MODEL, voice="alloy", input="hello", response_format="wav"
        ) as reply:
            pieces = b"".join([piece async for piece in reply.iter_bytes()])
            kind = reply.headers["content-type"]
        answered = [call["answered"] for call in await stage.calls()]
    assert (text, translated.text) == (heard(SOUND[1]), heard(SOUND[1]))
    assert heard(SOUND[1]) in str(timed)
    assert events[-1].type == "transcript.text.done"
    assert said.content == pieces == spoken("hello", "wav") == answered[-1]
    assert kind == "audio/wav"


async def test_what_goes_wrong_is_the_sdks_own_exception(tmp_path: Path) -> None:
    async with asking(tmp_path, FAILS) as (stage, client):
        with pytest.raises(openai.BadRequestError, match="no such voice") as refused:
            await client.audio.speech.create(model=MODEL, voice="x", input="hello")
        assert refused.value.param == "voice"
        with pytest.raises(openai.NotFoundError, match="nobodys"):
            await client.audio.transcriptions.create(model="nobodys", file=SOUND)
        with pytest.raises(openai.NotFoundError, match="served by ChatGPT accounts, which offer no speech"):
            await client.audio.speech.create(model="gpt-5.4", voice="x", input="hello")
        nameless = await stage.play.client.post("/v1/audio/transcriptions", files={"file": SOUND})
    assert (nameless.status_code, nameless.json()["error"]["param"]) == (400, "model")


async def test_a_body_over_the_limit_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    async with asking(tmp_path, max_body_bytes=50_000) as (stage, client):
        with pytest.raises(openai.APIStatusError) as refused:
            await client.audio.transcriptions.create(model=MODEL, file=SOUND)
        assert (refused.value.status_code, refused.value.code) == (413, "request_too_large")
        for path in ("/v1/images/edits", "/v1/audio/transcriptions", "/v1/embeddings"):
            assert (await first_line(stage.play.url, path)).startswith(b"HTTP/1.1 413 ")
        assert await stage.calls() == []


async def first_line(url: str, path: str) -> bytes:
    """How a request is answered that announces a gigabyte and sends nothing of it."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [f"POST {path} HTTP/1.1", f"host: {host}", f"authorization: Bearer {KEY}", f"content-length: {2**30}"]
    writer.write("\r\n".join([*head, "content-type: multipart/form-data; boundary=x", "", ""]).encode())
    try:
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()
