"""Thinking, sampling, pictures."""

from typing import Any

import pytest

from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.canonical.request import Reasoning, Sampling
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.config import parse_pictures, parse_sampling, parse_thinking
from codex_proxy.protocols.gemini.request.fields import WireFields


def thinking(**told: Any) -> tuple[Reasoning, list[Note]]:
    notes: list[Note] = []
    return parse_thinking(WireFields({"thinkingConfig": told}, "generationConfig"), notes), notes


@pytest.mark.parametrize(
    ("told", "effort"),
    [
        ({"thinkingLevel": "HIGH"}, "high"),
        ({"thinking_level": "minimal"}, "minimal"),
        ({"thinkingLevel": "THINKING_LEVEL_XHIGH"}, "xhigh"),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None),
        ({"thinkingBudget": 0}, "none"),
        ({"thinkingBudget": -1}, None),
        ({"thinkingBudget": 8192}, "medium"),
        ({"thinking_budget": "24577"}, "xhigh"),
        ({"thinkingLevel": "LOW", "thinkingBudget": 8192}, "low"),
    ],
)
def test_levels_and_budgets(told: dict[str, Any], effort: str | None) -> None:
    read, notes = thinking(**told)
    assert (read.effort, notes) == (effort, [])


def test_thoughts_are_hidden_unless_asked_for() -> None:
    assert parse_thinking(WireFields({}), []) == Reasoning(visible=False)
    assert thinking()[0].visible is False
    assert thinking(include_thoughts=True)[0].visible is True
    assert thinking(includeThoughts=True, thinkingBudget=0)[0].visible is False


def test_an_unknown_level_is_noted() -> None:
    read, (note,) = thinking(thinkingLevel="ULTRA", thinkingBudget=1024)
    assert read.effort == "low"
    assert (note.path, note.weight) == ("generationConfig.thinkingConfig.thinkingLevel", Weight.COSMETIC)


def test_sampling_is_kept() -> None:
    notes: list[Note] = []
    config = {
        "temperature": 0.5,
        "topP": 0.9,
        "top_k": 40,
        "presencePenalty": 0.1,
        "frequency_penalty": 0.2,
        "seed": 7,
        "maxOutputTokens": "100",
        "stopSequences": ["END", ""],
        "candidateCount": 1,
    }
    assert parse_sampling(WireFields(config), notes) == Sampling(
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        seed=7,
        max_tokens=100,
        stop=("END",),
    )
    assert notes == []


def test_probabilities_are_lost() -> None:
    notes: list[Note] = []
    parse_sampling(WireFields({"responseLogprobs": True, "logprobs": 3}, "generationConfig"), notes)
    assert [(note.path, note.weight) for note in notes] == [("generationConfig.responseLogprobs", Weight.LOSSY)]


@pytest.mark.parametrize(
    ("config", "path"), [({"candidateCount": 2}, "candidateCount"), ({"stop_sequences": [1]}, "stop_sequences")]
)
def test_what_would_change_the_answer_unseen_is_refused(config: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_sampling(WireFields(config), [])
    assert refused.value.path == path


def test_pictures() -> None:
    assert parse_pictures(WireFields({"responseModalities": ["TEXT"]})) is None
    assert parse_pictures(WireFields({"response_modalities": ["text", "image"]})) == HostedTool(kind="image_generation")
    told = {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "2:3", "outputMimeType": "image/webp"}}
    assert parse_pictures(WireFields(told)) == HostedTool(
        kind="image_generation", settings={"size": "1024x1536", "output_format": "webp"}
    )


def test_a_spoken_answer_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="only text and pictures"):
        parse_pictures(WireFields({"responseModalities": ["AUDIO"]}))
