"""What is said of models, as the official SDK reads it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from ollama import ListResponse, ProcessResponse, ShowResponse

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.server.incoming import Endpoint
from codex_proxy.server.ollama.models import ModelList, NamedModel, pull_answer, show_answer, shown_model
from tests.server.ollama.calling import MODELS, Call, find_model

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"


async def asked(endpoint: Endpoint, body: Any = b"") -> Call:
    call = Call(body)
    await endpoint(call.incoming())
    return call


def shown(*, vision: bool = True) -> NamedModel:
    return NamedModel(find_model, show_answer(lambda: vision))


async def test_the_list_has_the_visible_models_with_their_tag() -> None:
    call = await asked(ModelList(lambda: MODELS))
    rows = ListResponse(**call.json).models
    assert [row.model for row in rows] == ["gpt-5.4:latest", "plain:latest"]
    assert [row["name"] for row in call.json["models"]] == ["gpt-5.4:latest", "plain:latest"]
    assert {len(row.digest or "") for row in rows} == {64}
    assert len({row.digest for row in rows}) == 2
    assert all(row.size and row.modified_at for row in rows)


async def test_every_model_is_loaded() -> None:
    rows = ProcessResponse(**(await asked(ModelList(lambda: MODELS, running=True))).json).models
    assert [(row.name, row.context_length) for row in rows] == [("gpt-5.4:latest", 272_000), ("plain:latest", None)]
    assert all(row.expires_at and row.expires_at.year > 2090 and row.size_vram == 0 for row in rows)


@pytest.mark.parametrize("body", [{"model": "gpt-5.4"}, {"model": "gpt-5.4:latest"}, {"name": "gpt-5.4"}])
async def test_a_model_is_shown_under_both_names(body: dict[str, str]) -> None:
    call = await asked(shown(), body)
    told = ShowResponse(**call.json)
    assert told.modelinfo is not None
    architecture = told.modelinfo["general.architecture"]
    assert told.modelinfo[f"{architecture}.context_length"] == 272_000
    assert told.modelinfo["general.basename"] == "gpt-5.4"
    assert told.capabilities == ["completion", "tools", "vision", "thinking"]


async def test_only_what_a_model_can_is_shown() -> None:
    plain = (await asked(shown(), {"model": "plain"})).json
    assert plain["capabilities"] == ["completion", "tools"]
    assert "codex.context_length" not in plain["model_info"]
    blind = (await asked(shown(vision=False), {"model": "gpt-5.4"})).json
    assert "vision" not in blind["capabilities"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"model": "nobody"}, 404, "model 'nobody' not found"),
        ({}, 400, "model: is required"),
        ({"model": 5}, 400, "model: expected a string"),
        (b"{", 400, "not valid JSON"),
        (b"x" * 100_000, 413, "exceeds the limit"),
    ],
)
async def test_what_cannot_be_shown(body: Any, status: int, words: str) -> None:
    call = await asked(shown(), body)
    assert call.status == status
    assert words in call.json["error"]


async def test_a_model_that_is_here_is_pulled_at_once() -> None:
    pull = NamedModel(find_model, pull_answer)
    streamed = await asked(pull, {"model": "gpt-5.4"})
    assert (streamed.told["content-type"], streamed.lines) == ("application/x-ndjson", [{"status": "success"}])
    whole = await asked(pull, {"model": "gpt-5.4", "stream": False})
    assert (whole.told["content-type"], whole.json) == ("application/json", {"status": "success"})
    assert (await asked(pull, {"model": "nobody"})).status == 404
    assert (await asked(pull, {"model": "gpt-5.4", "stream": 5})).status == 400


@pytest.mark.recordings
@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*/*-post-show.json")), ids=lambda path: path.stem)
def test_captured_questions_are_answered(path: Path) -> None:
    """ollama-python says ``model``, LiteLLM says ``name``."""
    call = asyncio.run(asked(shown(), json.loads(path.read_text())["body"]))
    assert call.json["model_info"]["general.basename"] == "gpt-5.4"


async def test_what_embeds_is_listed_and_no_model_to_chat_with() -> None:
    embeds = ModelFacts(slug="e", vendor="v", capabilities=("embeddings",))
    speaks = ModelFacts(slug="s", vendor="v", capabilities=("speech",))
    rows = [row["name"] for row in (await asked(ModelList(lambda: [*MODELS, embeds, speaks]))).json["models"]]
    assert ("e:latest" in rows, "s:latest" in rows) == (True, False)
    assert shown_model(embeds, vision=True)["capabilities"] == ["embedding"]
