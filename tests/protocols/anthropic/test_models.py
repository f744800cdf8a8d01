import json
from typing import Any

import pytest

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.anthropic.models import Paging, list_models, model_object, one_model, parse_paging
from codex_proxy.protocols.base import InvalidRequest

MODELS = (
    ModelFacts(slug="gpt-a", display_name="A", efforts=("low", "high"), context_window=272_000, max_output_tokens=9),
    ModelFacts(slug="gpt-b"),
    ModelFacts(slug="hidden", visible=False),
    ModelFacts(slug="claude-opus"),
    ModelFacts(slug="gpt-c", input_modalities=("text",)),
    ModelFacts(slug="claude-embedding", vendor="v", capabilities=("embeddings",)),
)


def page(**query: str) -> Any:
    return json.loads(list_models(MODELS, parse_paging(query)).body)


def ids(**query: str) -> list[str]:
    return [row["id"] for row in page(**query)["data"]]


def test_own_names_come_first_and_what_is_hidden_or_answers_nobody_never() -> None:
    assert ids() == ["claude-opus", "gpt-a", "gpt-b", "gpt-c"]


def test_pages_forward() -> None:
    first = page(limit="3")
    assert (first["first_id"], first["last_id"], first["has_more"]) == ("claude-opus", "gpt-b", True)
    second = page(limit="3", after_id="gpt-b")
    assert ([row["id"] for row in second["data"]], second["has_more"]) == (["gpt-c"], False)


def test_pages_backward() -> None:
    assert ids(limit="2", before_id="gpt-c") == ["gpt-a", "gpt-b"]
    assert page(limit="2", before_id="gpt-c")["has_more"]
    assert not page(limit="2", before_id="gpt-b")["has_more"]


def test_an_empty_page_and_an_unknown_place() -> None:
    empty = page(after_id="gpt-c")
    assert (empty["data"], empty["first_id"], empty["last_id"], empty["has_more"]) == ([], None, None, False)
    assert ids(after_id="gone") == ids()
    assert ids(limit="1", before_id="gone") == ["gpt-c"]


@pytest.mark.parametrize("limit", ["0", "1001", "x", "", "-1", "1.5", "٣", "9" * 5000])
def test_limits_outside_the_range_are_refused(limit: str) -> None:
    with pytest.raises(InvalidRequest, match="limit: expected a number from 1 to 1000"):
        parse_paging({"limit": limit})


def test_limits() -> None:
    assert parse_paging({}) == Paging(limit=20)
    assert parse_paging({"limit": "1000", "after_id": "a"}) == Paging(limit=1000, after_id="a")


def test_one_model() -> None:
    reply = one_model(MODELS, "gpt-a")
    assert reply is not None
    told = json.loads(reply.body)
    assert (told["type"], told["display_name"], told["lifecycle"]) == ("model", "A", "active")
    assert (told["max_input_tokens"], told["max_tokens"]) == (272_000, 9)
    assert told["created_at"] == "2026-01-01T00:00:00Z"
    assert one_model(MODELS, "nobody") is None


def test_what_a_model_can_do() -> None:
    able = model_object(MODELS[0])["capabilities"]
    assert able["effort"]["supported"]
    assert able["effort"]["high"] == {"supported": True}
    assert able["effort"]["max"] == {"supported": False}
    assert able["thinking"]["types"]["adaptive"]["supported"]
    assert able["image_input"]["supported"]
    plain = model_object(MODELS[4])["capabilities"]
    assert not plain["image_input"]["supported"]
    assert not plain["thinking"]["supported"]
    assert not plain["effort"]["supported"]
