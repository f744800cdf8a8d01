"""Keys that do not go together."""

from typing import Any

import pytest

from codex_proxy.settings.checks.together import disagreements
from codex_proxy.settings.schema import Settings


@pytest.mark.parametrize(
    ("told", "keys"),
    [
        ({}, []),
        ({"model": {"system_prompt_strategy": "developer_inline"}}, ["model.system_prompt_strategy"]),
        ({"model": {"system_prompt_strategy": "developer_inline", "allow_client_system_prompt_strategy": True}}, []),
        ({"quota": {"warning_thresholds": {"primary": [90, 80]}}}, ["quota.warning_thresholds"]),
        ({"quota": {"warning_thresholds": {"primary": [80, 80]}}}, ["quota.warning_thresholds"]),
        ({"quota": {"warning_thresholds": {"primary": [], "secondary": [1, 2]}}}, []),
    ],
)
def test_the_key_that_has_to_change_is_named(told: dict[str, Any], keys: list[str]) -> None:
    assert [key for key, _ in disagreements(Settings.model_validate(told))] == keys
