"""How the owner writes down models."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from codex_proxy.settings.custom_models import MAX_ID_LENGTH, CustomModelEntry, CustomModels

MODELS: TypeAdapter[list[CustomModelEntry]] = TypeAdapter(CustomModels)


def test_an_id_stands_for_an_entry_with_nothing_else() -> None:
    assert MODELS.validate_python(["local-simple", {"id": "local-simple-2"}]) == [
        CustomModelEntry(id="local-simple"),
        CustomModelEntry(id="local-simple-2"),
    ]


def test_an_entry_may_say_everything() -> None:
    entry = {
        "id": "local-rich",
        "based_on": "gpt-5.5",
        "display_name": "Local Rich",
        "description": "Local rich model",
        "supported_reasoning_efforts": ["low", "high"],
        "default_reasoning_effort": "high",
        "service_tiers": ["flex"],
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "context_window": 12345,
        "max_context_window": 23456,
        "max_output_tokens": 3456,
    }
    (parsed,) = MODELS.validate_python([entry])
    assert parsed.model_dump() == entry


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([7], "expected a model id, or an object with an id"),
        (["a b"], "'a b' is no model id"),
        ([""], "'' is no model id"),
        (["x" * (MAX_ID_LENGTH + 1)], "is no model id"),
        ([{"id": "a"}, "a"], "a is there twice"),
        ([{"display_name": "A"}], "Field required"),
        ([{"id": "a", "efforts": ["low"]}], "Extra inputs are not permitted"),
        ([{"id": "a", "supported_reasoning_efforts": []}], "at least 1 item"),
        ([{"id": "a", "supported_reasoning_efforts": ["huge"]}], "'none', 'minimal'"),
        (
            [{"id": "a", "supported_reasoning_efforts": ["low"], "default_reasoning_effort": "high"}],
            "default_reasoning_effort high is none of a's supported_reasoning_efforts",
        ),
        ([{"id": "a", "context_window": 0}], "greater than 0"),
        ([{"id": "a", "context_window": 2, "max_context_window": 1}], "context_window of a is larger"),
        ([{"id": "a", "service_tiers": ["fast"]}], "'priority' or 'flex'"),
        ([{"id": "a", "based_on": "a"}], "a cannot be based on itself"),
    ],
)
def test_what_cannot_be_meant_is_said(entries: list[Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MODELS.validate_python(entries)
