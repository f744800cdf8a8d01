"""Model lists, counts and moderations."""

from typing import Any

import pytest

from codex_proxy.simulator.sections.vendors import Wire
from codex_proxy.simulator.vendors.lookups import FORBIDDEN, USUAL_MODELS
from tests.simulator.vendors.asking import MODEL, vendors

LISTED = "vendors: {acme: {models: [m-1, m-2]}}"
PATHS = {Wire.CHAT: "v1", Wire.RESPONSES: "v1", Wire.ANTHROPIC: "v1", Wire.GEMINI: "v1beta"}


def ids_of(told: dict[str, Any]) -> list[str]:
    rows = told.get("data") or told["models"]
    return [row.get("id") or row["name"].removeprefix("models/") for row in rows]


@pytest.mark.parametrize("wire", list(Wire))
async def test_lists_in_each_shape_with_a_tag(wire: Wire) -> None:
    async with vendors(LISTED) as stage:
        listed = await stage.get(f"acme/{PATHS[wire]}/models", wire=wire)
        again = await stage.get(f"acme/{PATHS[wire]}/models", wire=wire, **{"if-none-match": listed.headers["etag"]})
        one = await stage.get(f"acme/{PATHS[wire]}/models/m-2", wire=wire)
        nobody = await stage.get(f"acme/{PATHS[wire]}/models/m-3", wire=wire)
    assert ids_of(listed.json()) == ["m-1", "m-2"]
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", listed.headers["etag"])
    assert "m-2" in str(one.json())
    assert nobody.status_code == 404


async def test_another_list_has_another_tag_and_nobodys_list_is_the_usual_one() -> None:
    tags = set()
    for models in ("[m-1]", "[m-2]"):
        async with vendors(f"vendors: {{acme: {{models: {models}}}}}") as stage:
            tags.add((await stage.get("acme/v1/models")).headers["etag"])
    assert len(tags) == 2
    async with vendors() as stage:
        assert ids_of((await stage.get("chat/v1/models")).json()) == list(USUAL_MODELS)


async def test_counts_grow_with_what_is_counted() -> None:
    counts: dict[str, list[int]] = {"input_tokens": [], "totalTokens": []}
    async with vendors() as stage:
        for text in ("hello", "hello " * 50):
            body: Any = {"model": MODEL, "messages": [{"role": "user", "content": text}]}
            told = await stage.post("anthropic/v1/messages/count_tokens", wire=Wire.ANTHROPIC, json=body)
            counts["input_tokens"].append(told.json()["input_tokens"])
            asked = {"contents": [{"parts": [{"text": text}]}]}
            told = await stage.post(f"gemini/v1beta/models/{MODEL}:countTokens", wire=Wire.GEMINI, json=asked)
            counts["totalTokens"].append(told.json()["totalTokens"])
    assert all(short < long for short, long in counts.values())


async def test_a_moderation_flags_one_word() -> None:
    async with vendors() as stage:
        told = await stage.post("chat/v1/moderations", json={"input": ["fine", f"a {FORBIDDEN} word"]})
        wrong = await stage.post("chat/v1/moderations", json={})
    assert [result["flagged"] for result in told.json()["results"]] == [False, True]
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_embeddings_of_both_dialects_and_of_bodies_that_are_none() -> None:
    content = {"content": {"parts": [{"text": "one"}]}}
    async with vendors() as stage:
        openai = await stage.post("chat/v1/embeddings", json={"model": MODEL, "input": "one"})
        google = await stage.post(f"gemini/v1beta/models/{MODEL}:embedContent", wire=Wire.GEMINI, json=content)
        several = await stage.post(
            f"gemini/v1beta/models/{MODEL}:batchEmbedContents", wire=Wire.GEMINI, json={"requests": [content]}
        )
        wrong = await stage.post("chat/v1/embeddings", content=b"[]")
    values = openai.json()["data"][0]["embedding"]
    assert google.json() == {"embedding": {"values": values}}
    assert several.json() == {"embeddings": [{"values": values}]}
    assert wrong.status_code == 400
