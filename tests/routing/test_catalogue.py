"""The model table."""

import msgspec
import pytest

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import CatalogueError, fetched_catalogue, parse_catalogue, static_catalogue

KNOWN = ModelFacts(slug="gpt-5.4", display_name="GPT", efforts=("low", "high"), context_window=272_000)
STATIC = (KNOWN, ModelFacts(slug="gpt-5.5"))


def test_before_any_fetch_the_static_models_are_offered() -> None:
    catalogue = static_catalogue(STATIC)
    assert not catalogue.fetched
    assert catalogue.find("gpt-5.4") == KNOWN
    assert catalogue.find("gpt-99") is None


def test_a_fetched_list_replaces_it_and_is_completed_from_it() -> None:
    catalogue = fetched_catalogue([ModelFacts(slug="gpt-5.4", efforts=("low",)), ModelFacts(slug="gpt-99")], STATIC)
    assert [model.slug for model in catalogue.listed()] == ["gpt-5.4", "gpt-99"]
    assert catalogue.find("gpt-5.4") == msgspec.structs.replace(KNOWN, efforts=("low",))
    assert catalogue.find("gpt-5.5") is None


def test_the_best_model_is_the_visible_one_of_the_lowest_priority_number() -> None:
    models = [
        ModelFacts(slug="b", priority=2),
        ModelFacts(slug="hidden", priority=0, visible=False),
        ModelFacts(slug="a", priority=1),
    ]
    best = fetched_catalogue(models).best()
    assert best is not None
    assert best.slug == "a"
    assert fetched_catalogue([]).best() is None


def test_a_table_is_read_with_what_it_leaves_out() -> None:
    full = {"id": "a", "description": "d", "efforts": ["low", "high"], "default_effort": "high", "context_window": 9}
    assert parse_catalogue({"dated": "2026-01-01", "models": [full, {"id": "b"}]}) == (
        ModelFacts(
            slug="a",
            display_name="a",
            description="d",
            efforts=("low", "high"),
            default_effort="high",
            context_window=9,
        ),
        ModelFacts(slug="b", display_name="b"),
    )


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ([{"id": ""}], "models[0].id"),
        ([{"id": "a"}, {"id": "a"}], "models[1].id"),
        ([{"id": "a", "efforts": ["high", "low"]}], "models[0].efforts"),
        ([{"id": "a", "efforts": ["huge"]}], "models[0].efforts"),
        ([{"id": "a", "efforts": ["low"], "default_effort": "high"}], "models[0].default_effort"),
        ([{"id": "a", "context_window": 2, "max_context_window": 1}], "models[0].context_window"),
        ([{"id": "a", "context_window": 0}], "models[0].context_window"),
        ([{"id": "a", "window": 1}], "models[0]"),
        ([{}], "models[0]"),
        ("none", "models"),
    ],
)
def test_a_table_that_cannot_be_right_says_where(rows: object, path: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        parse_catalogue({"dated": "2026-01-01", "models": rows})
    assert refused.value.path == path
    assert refused.value.reason


def test_a_text_is_no_table() -> None:
    with pytest.raises(CatalogueError, match="the table: "):
        parse_catalogue("models")
