"""The configuration for a vendor."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, Image
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
    SchemaOutput,
    TextOutput,
    Turn,
)
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.protocols.gemini.building.config import build_config
from codex_proxy.protocols.gemini.schema import GeminiProfile
from codex_proxy.protocols.parts.efforts import SCALE
from tests.protocols.gemini.building.aim import aimed_at

SCHEMA = SchemaOutput(name="s", schema={"type": "object", "properties": {"a": {"type": "string"}}, "$schema": "x"})
CLEAN = {"type": "object", "properties": {"a": {"type": "string"}}}


def config(
    *,
    slug: str = "gemini-2.5-flash",
    profile: GeminiProfile | None = None,
    effort: str | None = None,
    efforts: tuple[str, ...] = SCALE,
    dialect: Dialect = Dialect.OPENAI_CHAT,
    **members: Any,
) -> tuple[dict[str, Any], list[str]]:
    request = Request(dialect=dialect, model="m", **{"turns": ()} | members)
    model = ModelFacts(slug=slug, efforts=efforts)
    made, notes = build_config(request, aimed_at(model, effort=effort), profile or GeminiProfile())
    return made, [note.path for note in notes]


def thinking(reasoning: Reasoning, **how: Any) -> dict[str, Any]:
    told: dict[str, Any] = config(reasoning=reasoning, **how)[0].get("thinkingConfig", {})
    return told


def test_sampling() -> None:
    sampling = Sampling(
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        seed=7,
        logprobs=True,
        top_logprobs=2,
        max_tokens=9,
        stop=("END",),
        logit_bias={"1": 2},
    )
    made, notes = config(sampling=sampling, reasoning=Reasoning(visible=False))
    own, _ = config(sampling=sampling, reasoning=Reasoning(visible=False), dialect=Dialect.GEMINI)
    assert made == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "seed": 7,
        "maxOutputTokens": 9,
        "stopSequences": ["END"],
    }
    assert notes == []
    assert own == made | {"responseLogprobs": True, "logprobs": 2}


@pytest.mark.parametrize(
    ("details", "resolution"),
    [
        (("low",), "MEDIA_RESOLUTION_LOW"),
        (("high", "high"), "MEDIA_RESOLUTION_HIGH"),
        (("low", "high"), None),
        ((), None),
    ],
)
def test_the_resolution_that_its_own_client_said_of_all_pictures(details: tuple[str, ...], resolution: str) -> None:
    source = DataSource(media_type="image/png", data="AAAA")
    turn = Turn(role=Role.USER, blocks=tuple(Image(source=source, detail=detail) for detail in details))
    made, _ = config(dialect=Dialect.GEMINI, turns=(turn,))
    assert made.get("mediaResolution") == resolution
    assert "mediaResolution" not in config(turns=(turn,))[0]


def test_a_form_is_described_in_its_schema() -> None:
    output = SchemaOutput(name="s", description="a place", schema={"type": "object", "properties": {"a": {}}})
    assert config(output=output)[0]["responseJsonSchema"]["description"] == "a place"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (JsonOutput(), {"responseMimeType": "application/json"}),
        (SCHEMA, {"responseMimeType": "application/json", "responseJsonSchema": CLEAN}),
        (TextOutput(), {}),
        (None, {}),
    ],
)
def test_forms(output: OutputFormat | None, told: dict[str, Any]) -> None:
    assert config(output=output, reasoning=Reasoning(visible=False))[0] == told


def test_what_a_schema_lost_is_noted() -> None:
    never = SchemaOutput(name="a", schema={"type": "object", "properties": {"a": False}})
    assert config(output=never)[1] == ["response_format"]


def test_a_vendor_without_json_schema_gets_the_subset() -> None:
    made, _ = config(output=SCHEMA, profile=GeminiProfile(json_schema=False))
    assert made["responseSchema"]["type"] == "OBJECT"


@pytest.mark.parametrize(
    ("slug", "effort", "told"),
    [
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-flash", "low", {"thinkingBudget": 1024, "includeThoughts": True}),
        ("gemini-2.5-flash", "max", {"thinkingBudget": 24_576, "includeThoughts": True}),
        ("gemini-3-pro", "none", {"thinkingLevel": "MINIMAL"}),
        ("gemini-3-pro", "medium", {"thinkingLevel": "MEDIUM", "includeThoughts": True}),
        ("gemini-3-pro", "xhigh", {"thinkingLevel": "HIGH", "includeThoughts": True}),
    ],
)
def test_thinking_in_the_unit_of_the_family(slug: str, effort: str, told: dict[str, Any]) -> None:
    assert thinking(Reasoning(effort=effort), slug=slug) == told


def test_a_budget_goes_as_it_is_unless_the_gateway_chose_otherwise() -> None:
    asked = Reasoning(effort="medium", budget_tokens=5000)
    assert thinking(asked)["thinkingBudget"] == 5000
    assert thinking(asked, effort="low")["thinkingBudget"] == 1024


def test_thoughts_are_asked_for_where_the_client_sees_them() -> None:
    assert thinking(Reasoning()) == {"includeThoughts": True}
    assert thinking(Reasoning(visible=False)) == {}
    assert thinking(Reasoning(effort="low", visible=False)) == {"thinkingBudget": 1024}


def test_pictures() -> None:
    made, _ = config(tools=(HostedTool(kind="image_generation"),))
    assert made["responseModalities"] == ["TEXT", "IMAGE"]


def test_an_effort_becomes_one_that_the_model_has() -> None:
    pro = thinking(Reasoning(effort="none"), slug="gemini-3-pro", efforts=("low", "high"))
    assert pro == {"thinkingLevel": "LOW", "includeThoughts": True}
    assert thinking(Reasoning(effort="medium"), slug="gemini-3-pro", efforts=("low", "high"))["thinkingLevel"] == "LOW"


@pytest.mark.parametrize(
    ("effort", "budget", "said"), [("none", None, 128), ("max", None, 32_768), ("low", 5, 128), ("high", -1, -1)]
)
def test_a_budget_stays_within_the_models_bounds(effort: str, budget: int | None, said: int) -> None:
    profile = GeminiProfile(least_budget=128, most_budget=32_768)
    told = thinking(Reasoning(effort=effort, budget_tokens=budget), profile=profile)
    assert told["thinkingBudget"] == said


def test_a_model_that_does_not_think_is_not_told_to() -> None:
    made, notes = config(reasoning=Reasoning(effort="high"), profile=GeminiProfile(thinks=False))
    assert ("thinkingConfig" in made, notes) == (False, ["reasoning_effort"])
    assert config(profile=GeminiProfile(thinks=False)) == ({}, [])
