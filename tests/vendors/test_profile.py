"""Profiles from their data: what is taken, and what is refused by which name."""

from typing import Any

import pytest

from codex_proxy.vendors.profile import (
    Capability,
    ListShape,
    ProfileError,
    RawEndpoint,
    Wire,
    WireProfile,
    parse_profiles,
)

ACME: dict[str, Any] = {
    "display_name": "Acme",
    "base_url": "https://api.acme.example/v1",
    "capabilities": ["chat", "embeddings", "transcription"],
    "wires": [
        {"wire": "chat", "quirks": {"strict": False}, "headers": {"X-Title": "gateway"}},
        {
            "wire": "anthropic",
            "base_url": "https://api.acme.example/anthropic",
            "lookup_headers": {"anthropic-version": "2023-06-01"},
            "model_list_shape": "anthropic",
        },
    ],
    "models": [{"id": "acme-1", "display_name": "Acme One"}, {"id": "acme-vec", "capabilities": ["embeddings"]}],
    "families": [
        {"models": ["acme-1*"], "efforts": ["low", "high"], "context_window": 64_000, "max_output_tokens": 8000},
        {"models": ["*-see", "acme-?"], "quirks": {"chat": {"images": True}}},
    ],
    "paths": {"embeddings": "/embeddings", "translation": "/audio/translations"},
}


def acme(**changed: Any) -> dict[str, Any]:
    return {"acme": {**ACME, **changed}}


def test_a_profile_says_what_its_data_says() -> None:
    profile = parse_profiles(acme())["acme"]
    assert (profile.name, profile.display_name) == ("acme", "Acme")
    assert profile.default_wire.wire is Wire.CHAT
    assert profile.capabilities == (Capability.CHAT, Capability.EMBEDDINGS, Capability.TRANSCRIPTION)
    assert profile.paths[RawEndpoint.EMBEDDINGS] == profile.paths[RawEndpoint("embeddings")] == "/embeddings"
    assert profile.models[1].capabilities == (Capability.EMBEDDINGS,)
    assert not profile.is_local


def test_one_wire_is_all_it_needs() -> None:
    profile = parse_profiles({"acme": {"wires": [{"wire": "gemini"}]}})["acme"]
    assert (profile.display_name, profile.base_url) == ("acme", None)
    assert profile.default_wire.model_list_shape is ListShape.OPENAI


def test_a_wire_may_have_an_address_of_its_own() -> None:
    profile = parse_profiles(acme())["acme"]
    assert profile.base_url_of(Wire.CHAT) == "https://api.acme.example/v1"
    assert profile.base_url_of(Wire.ANTHROPIC) == "https://api.acme.example/anthropic"
    assert profile.find_wire(Wire.GEMINI) is None


def test_lookups_carry_the_key_as_the_wire_wants_it() -> None:
    chat, anthropic = parse_profiles(acme())["acme"].wires
    assert chat.lookup_pairs("k") == (("authorization", "Bearer k"), ("x-title", "gateway"))
    assert anthropic.lookup_pairs("k") == (("x-api-key", "k"), ("anthropic-version", "2023-06-01"))
    assert chat.lookup_pairs("") == (("x-title", "gateway"),)
    assert WireProfile(wire=Wire.GEMINI).lookup_pairs("k") == (("x-goog-api-key", "k"),)
    assert WireProfile(wire=Wire.CHAT, key_header="Api-Key").lookup_pairs("k") == (("api-key", "k"),)


def test_an_endpoint_may_take_the_key_elsewhere() -> None:
    wire = WireProfile(wire=Wire.GEMINI, path_key_headers={RawEndpoint.IMAGES: "Authorization"})
    assert wire.lookup_pairs("k", RawEndpoint.IMAGES) == (("authorization", "Bearer k"),)
    assert wire.lookup_pairs("k", RawEndpoint.EMBED_CONTENT) == (("x-goog-api-key", "k"),)


@pytest.mark.parametrize(
    ("model", "efforts", "window"),
    [
        ("acme-1", ("low", "high"), 64_000),
        ("ACME-1-mini", ("low", "high"), 64_000),
        ("their-see", (), None),
        ("acme-2", (), None),
    ],
)
def test_facts_come_from_the_first_family_that_holds_the_model(
    model: str, efforts: tuple[str, ...], window: int | None
) -> None:
    facts = parse_profiles(acme())["acme"].facts_of(model)
    assert (facts.slug, facts.efforts, facts.context_window) == (model, efforts, window)


def test_only_the_star_is_a_pattern() -> None:
    profile = parse_profiles(acme())["acme"]
    assert profile.family_of("my-see") is profile.families[1]
    assert profile.family_of("acme-x") is None  # a question mark is a letter like any other


def test_a_suggested_model_has_its_name() -> None:
    profile = parse_profiles(acme())["acme"]
    assert profile.facts_of("acme-1").display_name == "Acme One"
    assert profile.facts_of("acme-2").display_name == ""


@pytest.mark.parametrize(
    ("changed", "path", "reason"),
    [
        ({"wires": []}, "acme.wires", "at least one"),
        ({"wires": [{"wire": "chatt"}]}, "acme.wires[0].wire", "chatt"),
        ({"wires": [{}]}, "acme.wires[0]", "wire"),
        ({"wires": [{"wire": "chat", "quirk": {}}]}, "acme.wires[0]", "quirk"),
        ({"wires": [{"wire": "chat"}, {"wire": "chat"}], "families": []}, "acme.wires", "twice"),
        ({"wires": [{"wire": "chat", "headers": {"a b": "c"}}], "families": []}, "acme.wires[0]", "a b"),
        ({"wires": [{"wire": "chat", "headers": {"a": "b\nc"}}], "families": []}, "acme.wires[0]", "header"),
        ({"wires": [{"wire": "chat", "key_header": ":"}], "families": []}, "acme.wires[0]", ":"),
        ({"wires": [{"wire": "chat", "model_list_path": "models"}]}, "acme.wires[0].model_list_path", "slash"),
        ({"wires": [{"wire": "chat", "base_url": "ftp://a"}]}, "acme.wires[0].base_url", "ftp://a"),
        ({"base_url": "https://a.example/"}, "acme.base_url", "slash"),
        ({"base_url": "https://me:pw@a.example"}, "acme.base_url", "user"),
        ({"base_url": "https://a.example/v1?x=1"}, "acme.base_url", "query"),
        ({"base_url": "a.example"}, "acme.base_url", "a.example"),
        ({"capabilities": ["chat", "songs"]}, "acme.capabilities[1]", "songs"),
        ({"paths": {"songs": "/x"}}, "acme.paths", "songs"),
        ({"paths": {"speech": "/x"}}, "acme.paths.speech", "capabilities"),
        ({"paths": {"embeddings": "x"}}, "acme.paths.embeddings", "slash"),
        ({"models": [{"id": "a"}, {"id": "a"}]}, "acme.models", "twice"),
        ({"models": [{"id": "a", "capabilities": ["speech"]}]}, "acme.models[0]", "speech"),
        ({"families": [{"models": ["*"], "quirks": {"gemini": {}}}]}, "acme.families[0].quirks", "gemini"),
        ({"families": [{"efforts": []}]}, "acme.families[0]", "models"),
        ({"name": "other"}, "acme.name", "before"),
        ({"is_local": "yes"}, "acme.is_local", "bool"),
        ({"colour": "red"}, "acme", "colour"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(changed: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(ProfileError) as refused:
        parse_profiles(acme(**changed))
    assert refused.value.path.startswith(path)
    assert reason in refused.value.reason
    assert str(refused.value) == f"{refused.value.path}: {refused.value.reason}"


@pytest.mark.parametrize("name", ["-acme", "a b", "", "a:b", "a.b", "a" * 65])
def test_a_name_can_stand_before_a_colon(name: str) -> None:
    with pytest.raises(ProfileError) as refused:
        parse_profiles({name: ACME})
    assert refused.value.path == name


@pytest.mark.parametrize("members", [None, [], "chat"])
def test_members_are_an_object(members: Any) -> None:
    with pytest.raises(ProfileError, match="acme: expected the members"):
        parse_profiles({"acme": members})


def test_every_raw_endpoint_wants_a_capability() -> None:
    assert {endpoint.capability for endpoint in RawEndpoint} == set(Capability) - {Capability.CHAT}
    assert RawEndpoint.BATCH_EMBED_CONTENTS.capability is Capability.EMBEDDINGS
