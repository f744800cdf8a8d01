"""The packaged profiles, and those that an owner makes of them."""

from typing import Any

import pytest

from codex_proxy.bootstrap.vendors.codecs import dialect_profile
from codex_proxy.bootstrap.vendors.profiles import (
    PACKAGED,
    READABLE,
    load_data,
    packaged_profiles,
    read_profiles,
    with_owners,
)
from codex_proxy.protocols.anthropic.schema import AnthropicProfile, Thinks
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.vendors.profile import Capability, ProfileError, RawEndpoint, VendorProfile, Wire

PROMISED = {
    "openai", "anthropic", "gemini", "openrouter", "deepseek", "groq", "mistral", "xai", "moonshot", "zai", "qwen",
    "together", "fireworks", "perplexity", "azure", "ollama", "vllm", "lmstudio", "llamacpp", "custom",
}  # fmt: skip
PROFILES = packaged_profiles()


def owned(name: str = "acme", **entry: Any) -> VendorProfile:
    return with_owners({name: entry})[name]


def chat(profile: VendorProfile, model: str | None = None) -> ChatProfile:
    return dialect_profile(profile, Wire.CHAT, ChatProfile, model=model)


def test_every_promised_vendor_is_there_and_the_program_reads_what_the_data_says() -> None:
    assert PROFILES.keys() == PROMISED
    assert read_profiles(PACKAGED.read_text(encoding="utf-8")) == PROFILES
    assert READABLE.with_suffix(".yaml") == PACKAGED


def test_every_vendor_has_an_address_or_says_what_one_looks_like() -> None:
    for profile in PROFILES.values():
        assert (profile.base_url is None) == (profile.base_url_form is not None), profile.name
        assert profile.base_url is None or profile.base_url.startswith("http://127.0.0.1:") == profile.is_local
    assert [name for name, profile in PROFILES.items() if profile.is_local] == [
        "ollama", "vllm", "lmstudio", "llamacpp",
    ]  # fmt: skip


def test_every_capability_beside_chat_has_a_path_and_nothing_is_suggested_twice() -> None:
    for profile in PROFILES.values():
        reached = {endpoint.capability for endpoint in profile.paths}
        assert set(profile.capabilities) - reached == {Capability.CHAT}, profile.name


@pytest.mark.parametrize(
    ("vendor", "model", "efforts", "window"),
    [
        ("openai", "gpt-5.5", ("none", "low", "medium", "high", "xhigh"), 1_050_000),
        ("openai", "gpt-5-2025-08-07", ("minimal", "low", "medium", "high"), 400_000),
        ("openai", "gpt-4o-mini", (), 128_000),
        ("openai", "o3", ("low", "medium", "high"), 200_000),
        ("openai", "gpt-image-1.5", (), None),
        ("anthropic", "claude-opus-4-6", ("none", "low", "medium", "high", "max"), 1_000_000),
        ("anthropic", "claude-haiku-4-5-20251001", ("none", "low", "medium", "high", "xhigh"), 200_000),
        ("deepseek", "deepseek-reasoner", (), None),
        ("gemini", "gemini-3.1-pro-preview", ("low", "medium", "high"), 1_048_576),
        ("groq", "openai/gpt-oss-120b", ("low", "medium", "high"), 131_072),
        ("xai", "grok-4.7", ("low", "medium", "high", "xhigh"), 500_000),
        ("custom", "anything", (), None),
    ],
)
def test_what_is_known_of_a_model(vendor: str, model: str, efforts: tuple[str, ...], window: int | None) -> None:
    facts = PROFILES[vendor].facts_of(model)
    assert (facts.efforts, facts.context_window) == (efforts, window)


@pytest.mark.parametrize(
    ("model", "thinks", "effort", "refuses"),
    [
        ("claude-opus-5-5", Thinks.ADAPTIVE, True, True),
        ("claude-sonnet-4-6", Thinks.ADAPTIVE, True, False),
        ("claude-opus-4-5", Thinks.BUDGET, True, False),
        ("claude-sonnet-4-5-20250929", Thinks.BUDGET, False, False),
        ("claude-3-5-haiku-20241022", Thinks.NONE, False, False),
    ],
)
def test_generations_of_one_vendor_think_differently(model: str, thinks: Thinks, effort: bool, refuses: bool) -> None:
    told = dialect_profile(PROFILES["anthropic"], Wire.ANTHROPIC, AnthropicProfile, model=model)
    assert (told.thinks, told.effort, "temperature" in told.refuses) == (thinks, effort, refuses)


def test_an_entry_of_a_known_name_is_that_vendor() -> None:
    made = owned("groq", api_key="k", models=["m"], capabilities=["chat"])
    assert made == PROFILES["groq"]


def test_an_entry_of_another_name_is_custom_unless_it_says_otherwise() -> None:
    made = owned(base_url="http://10.0.0.1:9000/v1")
    assert (made.name, made.display_name, made.base_url) == ("acme", "acme", "http://10.0.0.1:9000/v1")
    assert chat(made).max_tokens_field == "max_tokens"
    like = owned(base_url="https://a.example", profile="deepseek")
    assert (like.name, like.display_name) == ("acme", "DeepSeek")
    assert chat(like).reasoning_echo == "reasoning_content"


def test_an_owner_changes_any_member() -> None:
    made = owned(
        profile="deepseek",
        display_name="Acme",
        base_url="https://a.example",
        quirks={"max_tokens_field": "max_completion_tokens", "reasoning_echo": None, "sends": {"tier": 1}},
        headers={"X-Team": "a"},
        families=[{"models": ["deepseek-v4*"], "efforts": ["low"], "quirks": {"chat": {"images": True}}}],
        paths={},
        model_list_path=None,
        is_local=True,
    )
    told = chat(made)
    assert (told.max_tokens_field, told.reasoning_echo, told.sends) == ("max_completion_tokens", None, {"tier": 1})
    assert (told.thinks, told.headers) == (True, (("x-team", "a"),))
    assert (chat(made, "deepseek-v4-pro").images, made.facts_of("deepseek-v4-pro").efforts) == (True, ("low",))
    assert (made.default_wire.model_list_path, made.is_local, made.display_name) == (None, True, "Acme")
    assert chat(PROFILES["deepseek"]).reasoning_echo == "reasoning_content"


def test_what_an_owner_says_of_a_wire_is_said_of_the_one_that_is_spoken() -> None:
    made = owned(profile="openrouter", base_url="https://a.example", wire="anthropic", quirks={"effort": False})
    assert (made.default_wire.wire, made.base_url_of(Wire.ANTHROPIC)) == (Wire.ANTHROPIC, "https://a.example")
    assert not dialect_profile(made, Wire.ANTHROPIC, AnthropicProfile).effort
    only = owned(base_url="https://a.example", wires=[{"wire": "chat"}], paths={"embeddings": "/vectors"})
    assert [wire.wire for wire in only.wires] == [Wire.CHAT]
    assert only.paths[RawEndpoint.EMBEDDINGS] == "/vectors"
    assert only.paths[RawEndpoint.SPEECH] == "/audio/speech"


@pytest.mark.parametrize(
    ("entry", "path", "reason"),
    [
        ({"profile": "nobody"}, "acme.profile", "deepseek"),
        ({"wire": "gemini", "profile": "deepseek"}, "acme.wire", "gemini"),
        ({"wires": []}, "acme.wire", "None"),
        ({"quirks": {"strickt": True}}, "acme.quirks", "strickt"),
        ({"quirks": {"thinking": ["loudly"]}}, "acme.quirks.thinking[0]", "loudly"),
        ({"quirks": {"headers": []}}, "acme.quirks.headers", "beside"),
        ({"headers": {"a b": "c"}}, "acme.wires[0]", "a b"),
        ({"families": {}}, "acme.families", "list"),
        ({"paths": []}, "acme.paths", "by name"),
        ({"families": [{"models": ["*"], "efforts": ["high", "low"]}]}, "acme.families[0].efforts", "rising"),
        ({"families": [{"models": ["*"], "efforts": ["dense"]}]}, "acme.families[0].efforts", "rising"),
        ({"families": [{"models": ["*"], "default_effort": "low"}]}, "acme.families[0].default_effort", "among"),
        ({"families": [{"models": ["*"], "quirks": {"chat": {"x": 1}}}]}, "acme.families[0].quirks.chat", "x"),
        ({"colour": "red"}, "acme", "colour"),
        ({"base_url": "acme.example"}, "acme.base_url", "acme.example"),
    ],
)
def test_what_cannot_be_used_is_named_as_the_owner_wrote_it(entry: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(ProfileError) as refused:
        with_owners({"acme": entry})
    assert refused.value.path.startswith(path)
    assert reason in refused.value.reason


@pytest.mark.parametrize("text", ["", "- a", "5"])
def test_profiles_are_by_name(text: str) -> None:
    with pytest.raises(ProfileError, match="by name"):
        load_data(text)
