"""A client's model name to a model."""

import pytest

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue, fetched_catalogue, static_catalogue
from codex_proxy.routing.resolve import Resolved, Resolver, UnknownModel

FETCHED = fetched_catalogue(
    ModelFacts(slug=slug) for slug in ("gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-fast", "gpt-5.3-codex")
)
ALIASES = {"best": "gpt-5.5-high", "loop": "loop2", "loop2": "loop", "claude-opus-4": "gpt-5.4"}


def resolve(name: str, catalogue: Catalogue = FETCHED) -> Resolved | UnknownModel:
    return Resolver(catalogue=catalogue, aliases=ALIASES, default="gpt-5.4").resolve(name)


@pytest.mark.parametrize(
    ("name", "slug", "effort", "tier"),
    [
        ("gpt-5.5", "gpt-5.5", None, None),
        ("gpt-5.5-high", "gpt-5.5", "high", None),
        ("gpt-5.5-fast", "gpt-5.5", None, "priority"),
        ("gpt-5.5-high-fast", "gpt-5.5", "high", "priority"),
        ("gpt-5.5-flex-xhigh", "gpt-5.5", "xhigh", "flex"),
        ("gpt-5.4-fast", "gpt-5.4-fast", None, None),
        ("gpt-5.4-fast-low", "gpt-5.4-fast", "low", None),
        ("best", "gpt-5.5", "high", None),
        ("best-low", "gpt-5.5", "low", None),
        ("", "gpt-5.4", None, None),
        ("openai/gpt-5.5", "gpt-5.5", None, None),
        ("models/gpt-5.5:latest", "gpt-5.5", None, None),
        ("gpt-5.5-2026-01-31", "gpt-5.5", None, None),
        ("claude-sonnet-4-5[1m]", "gpt-5.4", None, None),
        ("claude-haiku-4-5-20251001", "gpt-5.4-mini", None, None),
        ("claude-opus-4-6", "gpt-5.5", None, None),
        ("claude-opus-4", "gpt-5.4", None, None),
        ("gemini-3-pro", "gpt-5.5", None, None),
    ],
)
def test_names_suffixes_aliases_and_families(name: str, slug: str, effort: str | None, tier: str | None) -> None:
    found = resolve(name)
    assert isinstance(found, Resolved)
    assert (found.model.slug, found.effort, found.tier) == (slug, effort, tier)


def test_an_unknown_name_says_what_looks_like_it() -> None:
    found = resolve("gpt-5.4-mimi")
    assert isinstance(found, UnknownModel)
    assert found.name == "gpt-5.4-mimi"
    assert "gpt-5.4-mini" in found.nearest


def test_aliases_that_go_round_end_as_unknown() -> None:
    assert isinstance(resolve("loop"), UnknownModel)


def test_a_family_whose_model_is_not_listed_falls_to_the_best_one_with_a_note() -> None:
    found = resolve("claude-haiku-4", fetched_catalogue([ModelFacts(slug="only")]))
    assert isinstance(found, Resolved)
    assert found.model.slug == "only"
    assert [note.path for note in found.notes] == ["model"]


def test_until_the_list_is_in_a_name_that_looks_right_passes() -> None:
    found = resolve("gpt-99-codex", static_catalogue())
    assert isinstance(found, Resolved)
    assert found.model.slug == "gpt-99-codex"
    assert isinstance(resolve("gpt-99-codex"), UnknownModel)


def host_of(name: str, *, host: str = "gpt-5.5", catalogue: Catalogue = FETCHED) -> str | None:
    aliases = ALIASES | {"dall-e-2": "gpt-5.3-codex"}
    resolver = Resolver(catalogue=catalogue, aliases=aliases, default="gpt-5.4", image_host=host)
    found = resolver.hosting(name)
    return found.model.slug if isinstance(found, Resolved) else None


@pytest.mark.parametrize(
    "name", ["gpt-image-2", "gpt-image-1.5", "dall-e-3", "chatgpt-image-latest", "GPT-Image-2", ""]
)
def test_a_picture_model_is_hosted_by_a_chat_model(name: str) -> None:
    assert host_of(name) == "gpt-5.5"
    assert host_of(name, host="best") == "gpt-5.5"


def test_a_chat_model_hosts_by_itself_and_an_alias_is_the_owners_choice() -> None:
    assert host_of("gpt-5.4-mini") == "gpt-5.4-mini"
    assert host_of("dall-e-2") == "gpt-5.3-codex"
    assert host_of("llama") is None


def test_a_host_that_is_not_listed_is_replaced_by_the_best_model_with_a_note() -> None:
    listed = fetched_catalogue([ModelFacts(slug="gpt-5.4", priority=2), ModelFacts(slug="gpt-5.4-mini", priority=1)])
    resolver = Resolver(catalogue=listed, aliases={}, default="gpt-5.4", image_host="gpt-5.5")
    found = resolver.hosting("gpt-image-2")
    assert isinstance(found, Resolved)
    assert (found.model.slug, [note.path for note in found.notes]) == ("gpt-5.4-mini", ["model"])


def test_a_picture_model_that_the_upstream_lists_still_needs_a_host() -> None:
    listed = fetched_catalogue([ModelFacts(slug="gpt-image-2"), ModelFacts(slug="gpt-5.5")])
    assert host_of("gpt-image-2", catalogue=listed) == "gpt-5.5"
