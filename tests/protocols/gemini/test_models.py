"""Model lists."""

import pytest

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.models import bare_model, model_list, model_object

MODELS = [ModelFacts(slug=f"m{place}", visible=place != 1) for place in range(5)]


def names(page: dict[str, object]) -> list[str]:
    listed = page["models"]
    assert isinstance(listed, list)
    return [model["name"] for model in listed]


def test_one_model() -> None:
    facts = ModelFacts(
        slug="gpt-5.4",
        display_name="GPT-5.4",
        description="d",
        efforts=("low", "high"),
        context_window=272_000,
        max_output_tokens=128_000,
    )
    assert model_object(facts) == {
        "name": "models/gpt-5.4",
        "baseModelId": "gpt-5.4",
        "version": "001",
        "displayName": "GPT-5.4",
        "description": "d",
        "inputTokenLimit": 272_000,
        "outputTokenLimit": 128_000,
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
        "temperature": 1,
        "maxTemperature": 2,
        "topP": 0.95,
        "topK": 64,
        "thinking": True,
    }


def test_unknown_figures_are_left_out() -> None:
    made = model_object(ModelFacts(slug="m"))
    assert (made["displayName"], made["thinking"]) == ("m", False)
    assert not made.keys() & {"description", "inputTokenLimit", "outputTokenLimit"}


def test_what_embeds_is_asked_for_that_and_what_this_dialect_cannot_ask_is_not_listed() -> None:
    embeds = ModelFacts(slug="e", vendor="v", capabilities=("embeddings",))
    both = ModelFacts(slug="b", vendor="v", capabilities=("chat", "embeddings"))
    speaks = ModelFacts(slug="s", vendor="v", capabilities=("speech",))
    made = model_object(embeds)
    assert made["supportedGenerationMethods"] == ["embedContent", "batchEmbedContents"]
    assert "temperature" not in made
    assert len(model_object(both)["supportedGenerationMethods"]) == 5
    assert names(model_list([embeds, both, speaks])) == ["models/e", "models/b"]


def test_pages_hold_every_visible_model_once() -> None:
    first = model_list(MODELS, page_size="2")
    second = model_list(MODELS, page_size="2", page_token=first["nextPageToken"])
    assert names(first) + names(second) == ["models/m0", "models/m2", "models/m3", "models/m4"]
    assert "nextPageToken" not in second
    assert names(model_list(MODELS)) == names(model_list(MODELS, page_size="0"))
    assert names(model_list(MODELS, page_token="99")) == []


@pytest.mark.parametrize(("size", "token"), [("-1", None), ("x", None), (None, "x"), ("²", None), ("9" * 12, None)])
def test_odd_pages_are_refused(size: str | None, token: str | None) -> None:
    with pytest.raises(InvalidRequest, match="expected a positive number"):
        model_list(MODELS, page_size=size, page_token=token)


@pytest.mark.parametrize("name", ["gpt-5.4", "models/gpt-5.4", "tunedModels/gpt-5.4"])
def test_the_id_in_a_name(name: str) -> None:
    assert bare_model(name) == "gpt-5.4"
