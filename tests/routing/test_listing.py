"""Rows of a model list."""

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue
from codex_proxy.routing.listing import alias_of, with_aliases, with_variants
from codex_proxy.routing.resolve import Resolved, Resolver

FETCHED = ModelFacts(
    slug="gpt-5.5",
    display_name="GPT",
    efforts=("low", "high"),
    default_effort="low",
    visible=False,
    raw={"slug": "gpt-5.5", "visibility": "hide", "new_field": 1},
)
STATIC = ModelFacts(slug="gpt-5.4", display_name="gpt-5.4")
CATALOGUE = Catalogue(models={model.slug: model for model in (FETCHED, STATIC)}, fetched=True)


def rows(**aliases: str) -> list[ModelFacts]:
    named = {name.replace("_", "-"): target for name, target in aliases.items()}
    resolver = Resolver(catalogue=CATALOGUE, aliases=named, default="gpt-5.4")
    return list(with_aliases(CATALOGUE, named, resolver))


def test_the_catalogue_comes_first_and_in_its_order() -> None:
    assert rows() == [FETCHED, STATIC]
    assert [model.slug for model in rows(mine="gpt-5.4")] == ["gpt-5.5", "gpt-5.4", "mine"]


def test_an_alias_is_its_model_under_its_own_name() -> None:
    alias = rows(team_best="gpt-5.5-high")[-1]
    assert (alias.slug, alias.display_name, alias.alias_of) == ("team-best", "team-best", "gpt-5.5")
    assert (alias.efforts, alias.default_effort, alias.visible) == (("low", "high"), "high", True)
    assert alias.raw == {
        "slug": "team-best",
        "display_name": "team-best",
        "visibility": "list",
        "default_reasoning_level": "high",
        "new_field": 1,
    }


def test_an_alias_of_an_alias_names_the_model_at_the_end() -> None:
    assert [model.alias_of for model in rows(one="two", two="gpt-5.4")][2:] == ["gpt-5.4", "gpt-5.4"]


def test_what_leads_nowhere_has_no_row() -> None:
    assert rows(mine="llama-4") == [FETCHED, STATIC]


def test_an_alias_under_a_models_name_stands_in_its_place() -> None:
    shown = rows(**{"gpt_5.4": "gpt-5.5"})
    assert [(model.slug, model.alias_of) for model in shown] == [("gpt-5.5", None), ("gpt-5.4", "gpt-5.5")]


def test_an_alias_of_a_model_the_backend_did_not_describe_has_no_description_of_its_own() -> None:
    assert alias_of(Resolved(model=STATIC), "mine").raw == {}


def variants(*models: ModelFacts, **aliases: str) -> list[ModelFacts]:
    catalogue = Catalogue(models={model.slug: model for model in models}, fetched=True)
    resolver = Resolver(catalogue=catalogue, aliases=aliases, default="a")
    return list(with_variants(with_aliases(catalogue, aliases, resolver), resolver))


def test_each_model_is_followed_by_its_names_with_suffixes() -> None:
    shown = variants(ModelFacts(slug="a", efforts=("low", "high")), ModelFacts(slug="b"))
    assert [model.slug for model in shown] == [
        "a",
        "a-low",
        "a-high",
        "a-fast",
        "a-low-fast",
        "a-high-fast",
        "b",
        "b-fast",
    ]
    high = shown[2]
    assert (high.display_name, high.alias_of, high.default_effort) == ("a-high", "a", "high")


def test_a_longer_window_has_a_name_of_its_own_and_so_has_an_alias_of_it() -> None:
    raw = {"slug": "a", "context_window": 272_000}
    long = ModelFacts(slug="a", context_window=272_000, max_context_window=1_000_000, raw=raw)
    shown = {model.slug: model for model in variants(long, big="a[1m]")}
    assert [(name, shown[name].context_window) for name in ("a", "a[1m]", "big")] == [
        ("a", 272_000),
        ("a[1m]", 1_000_000),
        ("big", 1_000_000),
    ]
    assert shown["big"].raw["context_window"] == 1_000_000


def test_tiers_are_those_that_the_backend_told() -> None:
    shown = variants(ModelFacts(slug="a", service_tiers=("flex", "other")), ModelFacts(slug="b", service_tiers=("x",)))
    assert [model.slug for model in shown] == ["a", "a-flex", "b"]


def test_an_alias_has_its_own() -> None:
    shown = variants(ModelFacts(slug="a", efforts=("low",)), mine="a-low")
    assert [(model.slug, model.alias_of) for model in shown][4:] == [
        ("mine", "a"),
        ("mine-low", "a"),
        ("mine-fast", "a"),
        ("mine-low-fast", "a"),
    ]


def test_a_name_that_somebody_has_is_not_told_twice() -> None:
    shown = [model.slug for model in variants(ModelFacts(slug="a", efforts=("low",)), ModelFacts(slug="a-low"))]
    assert shown.count("a-low") == 1


def test_hidden_models_and_those_that_make_pictures_have_none() -> None:
    hidden = ModelFacts(slug="a", efforts=("low",), visible=False)
    pictures = ModelFacts(slug="b", efforts=("low",), output_modalities=("image",))
    assert variants(hidden, pictures) == [hidden, pictures]
