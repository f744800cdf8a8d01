"""The objects of the wire."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import Annotation, Thinking
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.openai_chat.schema import (
    ReasoningField,
    annotation_object,
    image_object,
    parse_usage,
    reasoning_detail,
)
from codex_proxy.protocols.parts.signatures import Sealed, open_seal


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        ({}, Usage()),
        ({"prompt_tokens": None, "completion_tokens": "7", "prompt_tokens_details": []}, Usage()),
        (
            {"prompt_tokens": 5, "prompt_cache_hit_tokens": 3},
            Usage(input_tokens=5, cached_tokens=3, extra={"prompt_cache_hit_tokens": 3}),
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "total_tokens": 17,
                "completion_tokens_details": {"reasoning_tokens": 10},
            },
            Usage(input_tokens=5, output_tokens=12, reasoning_tokens=10),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 12, "total_tokens": 17, "reasoning_tokens": 10, "cost": 0.1},
            Usage(input_tokens=5, output_tokens=12, reasoning_tokens=10, extra={"reasoning_tokens": 10, "cost": 0.1}),
        ),
    ],
)
def test_usage_in_the_words_of_vendors(wire: dict[str, Any], usage: Usage) -> None:
    assert parse_usage(wire) == usage


def test_only_web_citations_have_a_form_and_move_with_the_text() -> None:
    citation = Annotation(kind="url_citation", url="https://x", start_index=1, end_index=3, extra={"content": "c"})
    assert annotation_object(citation, 10) == {
        "type": "url_citation",
        "url_citation": {"content": "c", "url": "https://x", "title": "", "start_index": 11, "end_index": 13},
    }
    assert annotation_object(Annotation(kind="file_citation"), 0) is None


def test_a_picture_is_a_data_url() -> None:
    picture = image_object({"result": "QUJD", "output_format": "webp"}, 1)
    assert picture == {"type": "image_url", "image_url": {"url": "data:image/webp;base64,QUJD"}, "index": 1}
    assert image_object({"result": None}, 0) is None


def test_sealed_reasoning() -> None:
    told = reasoning_detail("ENC", Thinking(item_id="rs_1"))
    assert (told["data"], told["id"]) == ("ENC", "rs_1")
    assert "id" not in reasoning_detail("ENC", Thinking())
    foreign = open_seal(reasoning_detail("ENC", Thinking(origin="anthropic", redacted=True))["data"])
    assert foreign == Sealed(origin="anthropic", item_id=None, encrypted="ENC", redacted=True)


def test_every_reasoning_field_names_its_members() -> None:
    assert [field.members for field in ReasoningField] == [
        ("reasoning_content",),
        ("reasoning",),
        ("reasoning_content", "reasoning"),
        (),
    ]
