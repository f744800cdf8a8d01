"""Vendors' models in a list."""

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import fetched_catalogue
from codex_proxy.routing.resolve import Resolver
from codex_proxy.routing.vendor_rows import BEHIND_ALL, VendorModel, by_id, facts_of, vendor_rows

MODELS = (
    VendorModel(id="gpt-4o", vendor="openai", display_name="GPT-4o", known=ModelFacts(slug="?", context_window=9)),
    VendorModel(id="gpt-5.5", vendor="openai"),
    VendorModel(id="deepseek-chat", vendor="deepseek"),
    VendorModel(id="deepseek-chat", vendor="openrouter"),
    VendorModel(id="deepseek-chat", vendor="deepseek"),  # of a second key
    VendorModel(id="best", vendor="openrouter"),
)


def rows(**aliases: str) -> list[tuple[str, str | None]]:
    offers: dict[str, tuple[str, ...]] = {}
    for model in MODELS:
        offers[model.id] = tuple(sorted({*offers.get(model.id, ()), model.vendor}))
    resolver = Resolver(
        catalogue=fetched_catalogue([ModelFacts(slug="gpt-5.5")]),
        aliases=aliases,
        default="gpt-5.5",
        offers=offers,
        vendors=frozenset({"openai", "deepseek", "openrouter"}),
    )
    return [(row.slug, row.vendor) for row in vendor_rows(MODELS, resolver)]


def test_an_id_that_leads_elsewhere_or_to_several_has_the_vendors_name_before_it() -> None:
    assert rows() == [
        ("gpt-4o", "openai"),
        ("openai:gpt-5.5", "openai"),
        ("deepseek-chat", "deepseek"),
        ("deepseek:deepseek-chat", "deepseek"),
        ("openrouter:deepseek-chat", "openrouter"),
        ("best", "openrouter"),
    ]


def test_an_alias_hides_an_id() -> None:
    assert rows(best="gpt-5.5")[-1] == ("openrouter:best", "openrouter")
    assert ("gpt-4o", "openai") not in rows(**{"gpt-4o": "openai:gpt-4o"})


def test_what_is_known_of_a_model() -> None:
    assert facts_of(MODELS[0]) == ModelFacts(
        slug="gpt-4o", display_name="GPT-4o", vendor="openai", context_window=9, priority=BEHIND_ALL
    )
    embeddings = facts_of(VendorModel(id="e", vendor="v", capabilities=("embeddings",)))
    assert (embeddings.display_name, embeddings.capabilities, embeddings.chats) == ("e", ("embeddings",), False)
    assert by_id(MODELS)["deepseek-chat"].vendor == "deepseek"
