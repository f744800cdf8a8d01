"""Which models a key is shown."""

from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.operations.model_list import MayUse, ModelList, everything
from codex_proxy.routing.catalogue import Catalogue
from codex_proxy.routing.resolve import Resolver

ALIASES = {"mine": "gpt-5.5", "yours": "gpt-5.4"}


def listing(
    may_use: MayUse = everything,
    *,
    catalogue: Catalogue | None = None,
    default: str = "gpt-5.4",
    variants: bool = False,
) -> ModelList:
    known = catalogue or packaged_catalogue()
    return ModelList(
        aliases=lambda: ALIASES,
        resolver=lambda: Resolver(catalogue=known, aliases=ALIASES, default=default),
        variants=lambda: variants,
        may_use=may_use,
    )


def test_a_key_without_limits_is_shown_everything() -> None:
    shown = [model.slug for model in listing().shown_to("key")]
    assert shown[:2] == ["gpt-5.5", "gpt-5.4"]
    assert shown[-2:] == ["mine", "yours"]


def test_names_with_suffixes_are_shown_where_the_owner_says_so_and_to_whom_the_model_is() -> None:
    models = listing(lambda _, model: (model.alias_of or model.slug) == "gpt-5.5", variants=True)
    shown = [model.slug for model in models.shown_to("guest")]
    assert shown[:3] == ["gpt-5.5", "gpt-5.5-low", "gpt-5.5-medium"]
    assert {"mine", "mine-high-fast"} < set(shown)
    assert not any(name.startswith(("gpt-5.4", "yours")) for name in shown)


def test_a_key_is_shown_what_it_may_use_and_the_aliases_of_that() -> None:
    models = listing(lambda key_id, model: key_id == "owner" or (model.alias_of or model.slug) == "gpt-5.5")
    assert [model.slug for model in models.shown_to("guest")] == ["gpt-5.5", "mine"]
    assert len(models.shown_to("owner")) > 2


def test_the_default_is_the_model_that_serves() -> None:
    assert listing(default="gpt-5.5").default_slug() == "gpt-5.5"
    assert listing(default="retired").default_slug() == "gpt-5-codex"
    assert listing(catalogue=Catalogue(models={}, fetched=True)).default_slug() is None
