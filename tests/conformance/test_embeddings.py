"""Embeddings through a whole gateway: the official SDKs of three dialects, to vendors of either's words."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import httpx2
import ollama
import openai
import pytest
from google import genai
from google.genai import errors, types

from codex_proxy.simulator.vendors.embeddings import vector
from tests.scenarios.stage import KEY
from tests.scenarios.vendor_stage import VendorStage, vendor_stage

SCENARIO = "vendors: {chat: {wires: [chat]}, gemini: {wires: [gemini]}}"
TEXTS = ["one", "two"]
ALIASES = {"mine": "chat:e-1", "googles": "gemini:e-1"}
"""The SDK of Gemini puts all texts in one request where a name says ``gemini``."""
MODEL = "e-1"
"""No key lists it: a key's vendor is asked for it by name."""


class Asking:
    """One gateway, and the SDKs that ask it; each answer is its vectors and the tokens that it counts."""

    def __init__(self, stage: VendorStage, http: httpx.AsyncClient, http2: httpx2.AsyncClient) -> None:
        self.stage = stage
        url = stage.play.url
        self.openai = openai.AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0, http_client=http2)
        options = types.HttpOptions(base_url=url, api_version="v1beta", httpx_async_client=http)
        self.gemini = genai.Client(api_key=KEY, http_options=options).aio
        self.ollama = ollama.AsyncClient(host=stage.play.bridge_url)

    async def by_openai(self, model: str, dimensions: int) -> tuple[Sequence[Sequence[float]], int | None]:
        told = await self.openai.embeddings.create(model=model, input=TEXTS, dimensions=dimensions)
        plain = await self.openai.embeddings.create(
            model=model, input=TEXTS, dimensions=dimensions, encoding_format="float"
        )
        assert [one.embedding for one in plain.data] == [pytest.approx(one.embedding) for one in told.data]
        assert told.model == (MODEL if model == "mine" else model)  # of passed bytes the name is the vendor's
        return [one.embedding for one in told.data], told.usage.prompt_tokens

    async def by_gemini(self, model: str, dimensions: int) -> tuple[Sequence[Sequence[float]], int | None]:
        config = types.EmbedContentConfig(output_dimensionality=dimensions)
        told = await self.gemini.models.embed_content(model=model, contents=TEXTS, config=config)
        assert told.embeddings is not None
        return [one.values or [] for one in told.embeddings], None

    async def by_ollama(self, model: str, dimensions: int) -> tuple[Sequence[Sequence[float]], int | None]:
        told = await self.ollama.embed(model=model, input=TEXTS, dimensions=dimensions)
        older = [await self.ollama.embeddings(model=model, prompt=text) for text in TEXTS]
        assert [list(one.embedding) for one in older] == [pytest.approx(vector(text)) for text in TEXTS]
        return told.embeddings, told.prompt_eval_count


@asynccontextmanager
async def asking(data_dir: Path) -> AsyncIterator[Asking]:
    async with (
        vendor_stage(data_dir, SCENARIO, settings={"model": {"aliases": ALIASES}}) as stage,
        httpx.AsyncClient(timeout=20) as http,
        httpx2.AsyncClient(timeout=20) as http2,
    ):
        made = Asking(stage, http, http2)
        async with made.ollama:
            yield made


async def test_three_dialects_ask_two_kinds_of_vendors(tmp_path: Path) -> None:
    async with asking(tmp_path) as ask:
        for alias, tokens in (("mine", 2), ("googles", 0)):
            for by in (ask.by_openai, ask.by_gemini, ask.by_ollama):
                vectors, counted = await by(alias, 40)
                assert [list(one) for one in vectors] == [pytest.approx(vector(text, 40)) for text in TEXTS], (
                    alias,
                    by,
                )
                assert counted in {tokens, None}
        paths = [call["path"].rpartition("/")[2] for call in await ask.stage.calls()]
    assert set(paths) == {"embeddings", f"{MODEL}:batchEmbedContents"}


async def test_where_the_words_are_the_same_the_vendors_bytes_come(tmp_path: Path) -> None:
    one = {"content": {"parts": [{"text": "one"}]}, "taskType": "CLUSTERING"}
    asked = {
        "/v1/embeddings": {"model": f"chat:{MODEL}", "input": [1, 2], "user": "me"},
        f"/v1beta/models/gemini:{MODEL}:embedContent": one,
        f"/v1beta/models/gemini:{MODEL}:batchEmbedContents": {"requests": [{"model": f"models/gemini:{MODEL}"} | one]},
    }
    async with vendor_stage(tmp_path, SCENARIO) as stage:
        for path, body in asked.items():
            reply = await stage.play.client.post(path, json=body)
            call = (await stage.calls())[-1]
            assert (reply.status_code, reply.content) == (200, call["answered"])
            sent = httpx.Request("POST", "http://x", json=body).content.replace(
                f"gemini:{MODEL}".encode(), MODEL.encode()
            )
            assert call["raw"] == sent.replace(f"chat:{MODEL}".encode(), MODEL.encode())


async def test_an_unknown_model_is_each_sdks_own_exception(tmp_path: Path) -> None:
    async with asking(tmp_path) as ask:
        with pytest.raises(openai.NotFoundError, match="nobodys"):
            await ask.openai.embeddings.create(model="nobodys", input="a")
        with pytest.raises(errors.ClientError, match="nobodys") as refused:
            await ask.gemini.models.embed_content(model="nobodys", contents="a")
        assert (refused.value.code, refused.value.status) == (404, "NOT_FOUND")
        with pytest.raises(ollama.ResponseError, match="nobodys") as absent:
            await ask.ollama.embed(model="nobodys", input="a")
        assert absent.value.status_code == 404
        with pytest.raises(openai.BadRequestError, match="tokens") as unsaid:
            await ask.openai.embeddings.create(model=f"gemini:{MODEL}", input=[1, 2])
        assert unsaid.value.param == "input"
