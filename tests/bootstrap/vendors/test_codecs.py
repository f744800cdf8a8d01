"""Codecs made from profiles."""

import json
from typing import Any

import pytest

from codex_proxy.bootstrap.vendors.codecs import VendorCodecs, codec_of, dialect_profile
from codex_proxy.bootstrap.vendors.profiles import packaged_profiles, with_owners
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Dialect, Reasoning, Sampling
from codex_proxy.canonical.target import Credential, Target
from codex_proxy.canonical.tools import FunctionTool, HostedTool, Tool
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.profile import ProfileError, VendorProfile, Wire
from tests.protocols.codex.parts import request, target

PROFILES = packaged_profiles()
DIALECTS = {
    Wire.CHAT: Dialect.OPENAI_CHAT,
    Wire.RESPONSES: Dialect.OPENAI_RESPONSES,
    Wire.CODEX_RESPONSES: Dialect.OPENAI_RESPONSES,
    Wire.ANTHROPIC: Dialect.ANTHROPIC,
    Wire.GEMINI: Dialect.GEMINI,
}
SEARCH, PICTURES = HostedTool(kind="web_search"), HostedTool(kind="image_generation")
LOOKUP = FunctionTool(name="lookup", parameters={"type": "object", "properties": {}}, strict=False)
SPOKEN = [(name, wire.wire) for name, profile in PROFILES.items() for wire in profile.wires]


def at(profile: VendorProfile, model: str) -> Target:
    return target(model=profile.facts_of(model), credential=Credential(token="key-1"))


def key(vendor: str, wire: Wire, **members: Any) -> VendorKey:
    return VendorKey(row_id="v_1", vendor=vendor, base_url="https://a.example", wire=wire, secret="s", **members)


@pytest.mark.parametrize(("name", "wire"), SPOKEN)
def test_every_wire_of_every_vendor_can_be_asked(name: str, wire: Wire) -> None:
    profile = PROFILES[name]
    codec = codec_of(profile, wire)
    assert codec.dialect is DIALECTS[wire]
    for model in [*(model.id for model in profile.models), "any"]:
        call = codec.build_call(request(stream=True), at(profile, model))
        spoken = profile.find_wire(wire)
        assert spoken is not None
        carried = dict(call.headers)[spoken.sent_key_header]
        assert carried == ("Bearer key-1" if spoken.sent_key_header == "authorization" else "key-1")
        assert call.path.startswith("/")
        assert json.loads(call.body)
        assert "key-1" not in call.path


def test_a_whole_address_is_base_url_and_path() -> None:
    paths: dict[str, str] = {}
    for name, profile in PROFILES.items():
        wire = profile.default_wire.wire
        call = codec_of(profile, wire).build_call(request(), at(profile, "m"))
        paths[name] = f"{profile.base_url_of(wire)}{call.path}"
    assert paths["openai"] == "https://api.openai.com/v1/chat/completions"
    assert paths["anthropic"] == "https://api.anthropic.com/v1/messages"
    assert paths["gemini"] == "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent"
    assert paths["groq"] == "https://api.groq.com/openai/v1/chat/completions"
    assert paths["perplexity"] == "https://api.perplexity.ai/chat/completions"
    claude = codec_of(PROFILES["deepseek"], Wire.ANTHROPIC).build_call(request(), at(PROFILES["deepseek"], "m"))
    assert claude.path == "/v1/messages"


def test_a_difference_between_models_of_one_vendor_is_obeyed() -> None:
    openai = PROFILES["openai"]
    codec = codec_of(openai, Wire.CHAT)
    asked = request(reasoning=Reasoning(effort="xhigh"), sampling=Sampling(temperature=0.5, presence_penalty=0.1))
    thinker, other = (json.loads(codec.build_call(asked, at(openai, model)).body) for model in ("gpt-5", "gpt-4o"))
    assert (thinker["reasoning_effort"], "reasoning_effort" in other) == ("high", False)
    assert not {"temperature", "presence_penalty"} & thinker.keys()
    assert {"temperature", "presence_penalty"} <= other.keys()


def test_quirks_may_be_laid_over_those_of_the_profile() -> None:
    codec = codec_of(PROFILES["groq"], Wire.CHAT, {"path": "/v2/chat"})
    assert codec.build_call(request(), at(PROFILES["groq"], "m")).path == "/v2/chat"
    with pytest.raises(ProfileError) as refused:
        codec_of(PROFILES["groq"], Wire.CHAT, {"pathh": ""})
    assert refused.value.path == "groq.wires[0].quirks"
    with pytest.raises(ProfileError, match=r"groq.wires: gemini"):
        codec_of(PROFILES["groq"], Wire.GEMINI)


def test_the_gateway_ends_answers_at_stops_where_some_model_takes_none() -> None:
    taken = {name: codec_of(PROFILES[name], Wire.CHAT).takes_stops for name in ("openai", "xai", "mistral", "groq")}
    assert taken == {"openai": False, "xai": False, "mistral": True, "groq": True}


@pytest.mark.parametrize(("name", "wire"), SPOKEN)
def test_a_tool_that_a_vendor_takes_is_offered_to_it_without_loss(name: str, wire: Wire) -> None:
    codec, aim = codec_of(PROFILES[name], wire), at(PROFILES[name], "m")
    taken = [tool for tool in (SEARCH, PICTURES, LOOKUP) if codec.takes_tool(tool, (), model="m")]
    assert taken
    for tool in taken:
        call = codec.build_call(request(dialect=Dialect.ANTHROPIC, tools=(tool,)), aim)
        assert [note for note in call.notes if note.weight is Weight.LOSSY] == []
        assert json.loads(call.body).get("tools") or "web_search_options" in json.loads(call.body)


def test_what_runs_where() -> None:
    def taken(name: str, wire: Wire, *others: Tool) -> list[Tool]:
        codec = codec_of(PROFILES[name], wire)
        return [tool for tool in (SEARCH, PICTURES, LOOKUP) if codec.takes_tool(tool, others, model="m")]

    assert taken("openai", Wire.RESPONSES, LOOKUP) == [SEARCH, PICTURES, LOOKUP]
    assert taken("groq", Wire.CHAT, LOOKUP) == [LOOKUP]
    assert taken("anthropic", Wire.ANTHROPIC, LOOKUP) == [SEARCH, LOOKUP]
    assert taken("gemini", Wire.GEMINI) == [SEARCH, LOOKUP]
    assert taken("gemini", Wire.GEMINI, LOOKUP) == [LOOKUP]
    assert taken("gemini", Wire.GEMINI, SEARCH) == [SEARCH]
    assert not ChatClient(ChatProfile(tools=False)).takes_tool(LOOKUP, (), model="m")


def test_what_a_vendor_takes_in_the_words_of_its_dialect() -> None:
    openai = PROFILES["openai"]
    assert not dialect_profile(openai, Wire.CHAT, ChatProfile).developer_role
    assert dialect_profile(openai, Wire.CHAT, ChatProfile, model="gpt-5").developer_role


def test_codecs_of_keys_are_made_once() -> None:
    codecs = VendorCodecs(with_owners({"mine": {"base_url": "https://a.example", "quirks": {"path": "/mine"}}}))
    stored = codecs.of(key("groq", Wire.CHAT))
    assert codecs.of(key("groq", Wire.CHAT, label="other")) is stored
    assert codecs.of(key("groq", Wire.RESPONSES)) is not stored
    own = codecs.of(key("custom", Wire.CHAT, name="mine"))
    assert own.build_call(request(), target()).path == "/mine"
    assert codecs.profile_of(key("custom", Wire.CHAT, name="mine")).name == "mine"


def test_a_wire_or_vendor_that_nobody_described_is_spoken_plainly() -> None:
    codecs = VendorCodecs(PROFILES)
    assert codecs.of(key("groq", Wire.GEMINI)).dialect is Dialect.GEMINI
    assert codecs.profile_of(key("forgotten", Wire.CHAT)).name == "custom"
    assert codecs.of(key("forgotten", Wire.ANTHROPIC)).dialect is Dialect.ANTHROPIC
