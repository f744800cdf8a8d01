"""Keys as they are told."""

from typing import Any

import msgspec
import pytest

from codex_proxy.vendors.key import KeyModel, VendorKey
from codex_proxy.vendors.profile import Capability, Wire, parse_profiles
from codex_proxy.vendors.telling import InvalidKey, ToldKey, ToldModel, clean_label, key_of, place_of
from tests.vendors.samples import NOW, SECRET

PROFILES = parse_profiles(
    {
        "openai": {
            "display_name": "OpenAI",
            "base_url": "https://api.example/v1",
            "wires": [{"wire": "chat"}, {"wire": "responses", "base_url": "https://responses.example/v1"}],
            "capabilities": ["chat", "embeddings"],
            "models": [{"id": "embed", "display_name": "Embedder", "capabilities": ["embeddings"]}],
        },
        "gemini": {
            "base_url": "https://gemini.example",
            "wires": [{"wire": "gemini", "model_list_shape": "gemini"}],
        },
        "local": {"base_url": "http://127.0.0.1:11434/v1", "wires": [{"wire": "chat"}], "is_local": True},
        "custom": {
            "display_name": "Custom",
            "base_url_form": "https://host.example/v1",
            "wires": [{"wire": wire} for wire in Wire],
        },
    }
)


def told(**members: Any) -> VendorKey:
    given: dict[str, Any] = {"provider": "openai", "api_key": SECRET}
    return key_of(ToldKey(**(given | members)), PROFILES, row_id="k", now=NOW)


def test_what_is_left_out_comes_from_the_profile() -> None:
    assert told(models=("embed", "gpt")) == VendorKey(
        row_id="k",
        vendor="openai",
        base_url="https://api.example/v1",
        wire=Wire.CHAT,
        secret=SECRET,
        added_at=NOW,
        models=(
            KeyModel(id="embed", display_name="Embedder", capabilities=(Capability.EMBEDDINGS,)),
            KeyModel(id="gpt"),
        ),
    )
    assert told(wire=Wire.RESPONSES).base_url == "https://responses.example/v1"


def test_what_is_told_counts() -> None:
    key = told(
        provider=" Custom ",
        api_key=f" {SECRET}\n",
        base_url=" https://vendor.example/api/ ",
        label="  my   key ",
        capabilities=(Capability.CHAT, Capability.CHAT, Capability.SPEECH),
        wire=Wire.ANTHROPIC,
        models=(" m ", ToldModel(id="n", display_name="N", capabilities=(Capability.IMAGES,)), "m"),
        allow_private=True,
    )
    assert (key.vendor, key.base_url, key.wire) == ("custom", "https://vendor.example/api", Wire.ANTHROPIC)
    assert (key.secret, key.label, key.allow_private) == (SECRET, "my key", True)
    assert key.models == (
        KeyModel(id="m", capabilities=(Capability.CHAT, Capability.SPEECH)),
        KeyModel(id="n", display_name="N", capabilities=(Capability.IMAGES,)),
    )


def test_a_local_vendor_needs_no_key_and_may_be_on_this_machine() -> None:
    key = told(provider="local", api_key="")
    assert (key.secret, key.allow_private) == ("", True)


def test_gemini_is_asked_for_models_without_their_folder() -> None:
    assert told(provider="gemini", models=("models/gemini-pro",)).models == (KeyModel(id="gemini-pro"),)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"provider": "acme"}, "provider: 'acme' is no known vendor; known are openai, gemini, local, custom"),
        ({"wire": Wire.GEMINI}, "wire: OpenAI speaks chat, responses, not gemini"),
        ({"provider": "custom"}, "baseUrl: Custom needs the address to ask, such as https://host.example/v1"),
        ({"base_url": "https://x.example/v1?key=1"}, "baseUrl: it may have no query"),
        ({"base_url": "https://x.example/v1#top"}, "baseUrl: it may have no query"),
        ({"api_key": "  "}, "apiKey: it is missing"),
        ({"api_key": "ключ"}, "apiKey: it holds"),
        ({"api_key": "a b"}, "apiKey: it holds"),
        ({"api_key": "a\r\nb"}, "apiKey: it holds"),
        ({"api_key": "k" * 4097}, "apiKey: it holds"),
        ({"models": ("",)}, "models: an id has"),
        ({"models": ("a\nb",)}, "models: an id has"),
        ({"models": ("m" * 257,)}, "models: an id has"),
        ({"models": tuple(f"m{number}" for number in range(1001))}, "models: there are more"),
        ({"label": "l" * 65}, "label: it is longer"),
    ],
)
def test_what_cannot_be_used_is_told_by_its_field_and_without_the_key(members: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        told(**members)
    assert str(caught.value).startswith(words)
    assert caught.value.field == words.partition(":")[0]
    assert SECRET not in str(caught.value)


def test_what_is_disabled_comes_disabled() -> None:
    assert told(models=("m",), status="disabled").models == (KeyModel(id="m", enabled=False),)
    assert told(status="disabled").is_off
    assert not told(status="error").is_off


def test_no_key_shows_in_a_text() -> None:
    assert SECRET not in repr(ToldKey(provider="openai", api_key=SECRET))


def test_a_key_is_told_in_the_words_of_the_interface() -> None:
    body = (
        b'{"provider":"openai","apiKey":"k","baseUrl":"https://x.example","models":["a",{"id":"b","displayName":"B"}]}'
    )
    read = msgspec.json.decode(body, type=ToldKey)
    assert place_of(read, PROFILES).base_url == "https://x.example"
    assert read.models == ("a", ToldModel(id="b", display_name="B"))


@pytest.mark.parametrize(("text", "label"), [(None, None), ("  ", None), (" a  b ", "a b")])
def test_labels_are_tidied(text: str | None, label: str | None) -> None:
    assert clean_label(text) == label
