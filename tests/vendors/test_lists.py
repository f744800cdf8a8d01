"""Lists of models as vendors tell them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.vendors.lists import (
    ListUnreadable,
    ModelPage,
    first_page,
    guessed_capabilities,
    parse_model_list,
)
from codex_proxy.vendors.profile import Capability, ListShape, SuggestedModel

CHAT, EMBEDDINGS = (Capability.CHAT,), (Capability.EMBEDDINGS,)


def read(told: Any, shape: ListShape = ListShape.OPENAI) -> ModelPage:
    return parse_model_list(json.dumps(told).encode(), shape)


def test_openai_and_those_who_follow_it() -> None:
    rows = [
        {"id": "gpt-x", "object": "model", "owned_by": "openai"},
        {"id": "vendor/llama", "name": "Llama", "context_length": 8},
        {"id": "text-embedding-3", "name": "text-embedding-3"},
        {"id": "gpt-x"},
        {"object": "model"},
        {"id": ""},
        {"id": "a\nb"},
        {"id": "m" * 257},
        {"id": 5},
        None,
    ]
    expected = (
        SuggestedModel(id="gpt-x"),
        SuggestedModel(id="vendor/llama", display_name="Llama"),
        SuggestedModel(id="text-embedding-3", capabilities=EMBEDDINGS),
    )
    assert read({"object": "list", "data": rows}) == ModelPage(models=expected)
    assert read(rows).models == expected
    assert read({"models": ["a", "b"]}).models == (SuggestedModel(id="a"), SuggestedModel(id="b"))


def test_anthropic_tells_pages() -> None:
    row = {"type": "model", "id": "claude-x", "display_name": "Claude X", "created_at": "2026-01-01T00:00:00Z"}
    page = read({"data": [row], "has_more": True, "first_id": "claude-x", "last_id": "claude é x"}, ListShape.ANTHROPIC)
    assert page.models == (SuggestedModel(id="claude-x", display_name="Claude X"),)
    assert page.next_page == "limit=1000&after_id=claude%20%C3%A9%20x"
    assert read({"data": [row], "has_more": False, "last_id": "claude-x"}, ListShape.ANTHROPIC).next_page is None


def test_gemini_says_what_a_model_can_do() -> None:
    rows = [
        {
            "name": "models/pro",
            "displayName": "Pro",
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        },
        {"name": "models/embedding", "supportedGenerationMethods": ["embedContent"]},
        {"name": "models/imagen-4", "supportedGenerationMethods": ["predict"]},
        {"name": "models/aqa", "supportedGenerationMethods": ["generateAnswer"]},
        {"name": "models/unsaid"},
        "models/text",
    ]
    page = read({"models": rows, "nextPageToken": "a/b"}, ListShape.GEMINI)
    assert page.models == (
        SuggestedModel(id="pro", display_name="Pro"),
        SuggestedModel(id="embedding", capabilities=EMBEDDINGS),
        SuggestedModel(id="imagen-4", capabilities=(Capability.IMAGES,)),
        SuggestedModel(id="unsaid"),
    )
    assert page.next_page == "pageSize=1000&pageToken=a%2Fb"


def test_the_codex_backend_calls_ids_slugs() -> None:
    told = {"models": [{"slug": "gpt-codex", "display_name": "Codex"}]}
    assert read(told, ListShape.CODEX).models == (SuggestedModel(id="gpt-codex", display_name="Codex"),)


@pytest.mark.parametrize(
    ("model_id", "capability"),
    [
        ("gpt-5.4", Capability.CHAT),
        ("nomic-embed-text:v1.5", Capability.EMBEDDINGS),
        ("omni-moderation-latest", Capability.MODERATION),
        ("whisper-large-v3", Capability.TRANSCRIPTION),
        ("gpt-4o-mini-transcribe", Capability.TRANSCRIPTION),
        ("tts-1-hd", Capability.SPEECH),
        ("gpt-4o-mini-tts", Capability.SPEECH),
        ("gpt-image-1", Capability.IMAGES),
        ("settsu-7b", Capability.CHAT),
    ],
)
def test_an_id_tells_what_a_model_can_probably_do(model_id: str, capability: Capability) -> None:
    assert guessed_capabilities(model_id) == (capability,)


def test_lists_in_pages_are_asked_for_in_large_ones() -> None:
    assert [first_page(shape) for shape in ListShape] == ["", "limit=1000", "pageSize=1000", ""]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"data": {}}', b"5", b"[" * 100_000, b"\xff"])
def test_what_is_no_list_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ListUnreadable):
        parse_model_list(body, ListShape.OPENAI)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "data"]), inner),
    max_leaves=10,
)


@given(JSON, st.sampled_from(ListShape))
def test_any_answer_is_a_page_or_said_to_be_none(told: Any, shape: ListShape) -> None:
    try:
        page = read(told, shape)
    except ListUnreadable:
        return
    ids = [model.id for model in page.models]
    assert len(set(ids)) == len(ids)
