"""Model lists through the gateway, as each official SDK asks for them."""

from pathlib import Path

import pytest
from anthropic import AsyncAnthropic
from google import genai
from google.genai import types
from openai import AsyncOpenAI, NotFoundError

from tests.scenarios.stage import KEY, stage

ALIASES = {"MODEL__ALIASES": '{"claude-team": "gpt-5.5-high", "team/best:now": "gpt-5.4", "nowhere": "llama-4"}'}


async def test_the_openai_sdk_lists_models_and_aliases_and_gets_one(tmp_path: Path) -> None:
    async with (
        stage(tmp_path, **ALIASES) as play,
        AsyncOpenAI(base_url=f"{play.url}/v1", api_key=KEY) as client,
    ):
        await play.models_fetched()
        listed = {model.id: model.owned_by async for model in client.models.list()}
        one = await client.models.retrieve("team/best:now")
        with pytest.raises(NotFoundError) as caught:
            await client.models.retrieve("nowhere")
    assert listed["gpt-5.4"] == "openai"
    assert listed["claude-team"] == "gpt-5.5"
    assert "nowhere" not in listed
    assert (one.id, one.owned_by) == ("team/best:now", "gpt-5.4")
    assert caught.value.code == "model_not_found"


async def test_the_anthropic_sdk_pages_through_and_finds_its_aliases_first(tmp_path: Path) -> None:
    async with (
        stage(tmp_path, **ALIASES) as play,
        AsyncAnthropic(base_url=play.url, api_key=KEY) as client,
    ):
        await play.models_fetched()
        listed = [model.id async for model in client.models.list(limit=3)]
        one = await client.models.retrieve("claude-team")
    assert listed[0] == "claude-team"
    assert len(listed) == len(set(listed)) > 3
    assert one.id == "claude-team"


async def test_googles_sdk_pages_through(tmp_path: Path) -> None:
    async with stage(tmp_path, **ALIASES) as play:
        await play.models_fetched()
        options = types.HttpOptions(base_url=play.url)
        client = genai.Client(api_key=KEY, http_options=options)
        pager = await client.aio.models.list(config={"page_size": 4, "query_base": True})
        listed = [model.name async for model in pager]
    assert "models/claude-team" in listed
    assert len(listed) == len(set(listed)) > 4


async def test_a_codex_client_gets_the_backends_catalogue_once(tmp_path: Path) -> None:
    query = "/v1/models?client_version=0.169.0"
    async with stage(tmp_path, **ALIASES) as play:
        await play.models_fetched()
        first = await play.client.get(query)
        again = await play.client.get(query, headers={"if-none-match": first.headers["etag"]})
    entries = {entry["slug"]: entry for entry in first.json()["models"]}
    assert entries["claude-team"] == entries["gpt-5.5"] | {
        "slug": "claude-team",
        "display_name": "claude-team",
        "default_reasoning_level": "high",
    }
    assert (again.status_code, again.content) == (304, b"")


async def test_the_catalogue_and_what_is_known_of_one_model(tmp_path: Path) -> None:
    async with stage(tmp_path, **ALIASES) as play:
        await play.models_fetched()
        catalogue = (await play.client.get("/v1/models/catalog")).json()
        known = (await play.client.get("/v1/models/team/best:now/info")).json()
        unknown = await play.client.get("/v1/models/llama-4/info")
    entries = {entry["id"]: entry for entry in catalogue}
    assert entries["gpt-5.4"]["isDefault"] is True
    assert entries["gpt-5.4"]["truncationPolicyLimit"] == 10_000
    assert known == entries["team/best:now"]
    assert known["aliasOf"] == "gpt-5.4"
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


async def test_names_with_suffixes_are_listed_where_the_owner_says_so_and_can_be_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path, MODELS__LIST_VARIANTS="true", **ALIASES) as play:
        await play.models_fetched()
        listed = [row["id"] for row in (await play.client.get("/v1/models")).json()["data"]]
        named = [name for name in listed if name.startswith(("gpt-5.4-high", "claude-team-low"))]
        for name in named:
            await play.chat(model=name)
        asked = [(entry["body"]["model"], entry["body"]["reasoning"]["effort"]) for entry in await play.asked()]
        tiers = [entry["body"].get("service_tier") for entry in await play.asked()]
    assert sorted(named) == ["claude-team-low", "claude-team-low-fast", "gpt-5.4-high", "gpt-5.4-high-fast"]
    assert dict(zip(named, asked, strict=True)) == {
        "claude-team-low": ("gpt-5.5", "low"),
        "claude-team-low-fast": ("gpt-5.5", "low"),
        "gpt-5.4-high": ("gpt-5.4", "high"),
        "gpt-5.4-high-fast": ("gpt-5.4", "high"),
    }
    assert [bool(tier) for tier in tiers] == [name.endswith("-fast") for name in named]
