"""How the owner writes down vendor keys."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from codex_proxy.settings.providers import ProviderEntry, ProviderModel, Providers
from codex_proxy.vendors.profile import Capability, Wire
from tests.settings.test_load import load, problems

ENTRIES: TypeAdapter[dict[str, ProviderEntry]] = TypeAdapter(Providers)
FROM_THE_README = """
providers:
  openai:
    api_key_env: OPENAI_KEY
  custom:
    deepseek:
      api_key: "sk-secret"
      base_url: "https://api.deepseek.example/v1"
      models: ["deepseek-chat"]
model_routing:
  deepseek-chat: deepseek
"""


def test_vendors_and_names_of_the_owners_choice_are_one_map(tmp_path: Path) -> None:
    providers = load(tmp_path, FROM_THE_README).settings.providers
    assert providers == {
        "openai": ProviderEntry(api_key_env="OPENAI_KEY"),
        "custom.deepseek": ProviderEntry(
            api_key="sk-secret", base_url="https://api.deepseek.example/v1", models=["deepseek-chat"]
        ),
    }
    assert "sk-secret" not in repr(providers)


def test_an_entry_may_say_everything() -> None:
    entry = {
        "api_key": "k",
        "base_url": "http://127.0.0.1:1234/v1",
        "wire": "anthropic",
        "models": ["a", {"id": "b", "display_name": "B", "capabilities": ["embeddings"]}],
        "capabilities": ["chat", "images"],
        "allow_private": True,
    }
    (parsed,) = ENTRIES.validate_python({"anthropic": entry}).values()
    assert parsed.wire is Wire.ANTHROPIC
    assert parsed.capabilities == [Capability.CHAT, Capability.IMAGES]
    assert parsed.models == ["a", ProviderModel(id="b", display_name="B", capabilities=[Capability.EMBEDDINGS])]


@pytest.mark.parametrize("nothing", [None, {}, {"custom": None}, {"custom": {}}])
def test_there_need_be_none(nothing: Any) -> None:
    assert ENTRIES.validate_python(nothing) == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["openai"], "expected names of vendors"),
        ({"custom": "x"}, "custom: expected names of your choice"),
        ({"openai": None}, "Input should be a valid dictionary"),
        ({"openai": {"key": "sk-secret"}}, "Extra inputs are not permitted"),
        ({"openai": {"api_key": 5}}, "Input should be a valid string"),
        ({"openai": {"api_key": "sk-secret", "api_key_env": "X"}}, "two ways to say one thing"),
        ({"openai": {"api_key_env": "sk-secret"}}, "the name of an environment variable, not the key itself"),
        ({"openai": {"wire": "grpc"}}, "Input should be 'chat', 'responses'"),
        ({"openai": {"models": [{"id": ""}]}}, "at least 1 character"),
        ({"openai": {"capabilities": ["telepathy"]}}, "Input should be 'chat', 'embeddings'"),
        ({"custom": {"a b": {"base_url": "https://x.example"}}}, "'a b' is no name"),
        ({"custom": {"a:b": {"base_url": "https://x.example"}}}, "'a:b' is no name"),
        ({"custom": {"mine": {"api_key": "sk-secret"}}}, "custom.mine: base_url is missing"),
        ({"groq": {"api_key": "k"}, "custom": {"groq": {"base_url": "https://x.example"}}}, "groq is there twice"),
    ],
)
def test_what_cannot_be_meant_is_told(value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ENTRIES.validate_python(value)
    told = "; ".join(detail["msg"] for detail in refused.value.errors())
    assert message in told
    assert "secret" not in told


def test_a_problem_names_the_place_and_no_key(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "providers:\n  openai:\n    api_key: sk-secret\n    wire: grpc\n")
    assert problem.startswith("local.yaml:1: providers")
    assert "secret" not in problem
