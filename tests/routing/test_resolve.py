"""A client's model name to a model."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue, fetched_catalogue
from codex_proxy.routing.names import EFFORT_SUFFIXES, TIER_SUFFIXES
from codex_proxy.routing.resolve import MAX_ALIAS_DEPTH, Resolved, Resolver, Rule, UnknownModel

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
        ("gpt-5.5-2026-01-31-high", "gpt-5.5", "high", None),
        ("gpt-5.5-high-20260131", "gpt-5.5", "high", None),
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


@pytest.mark.parametrize(
    ("name", "window", "note"),
    [
        ("long[1m]", 1_050_000, None),
        ("big", 1_050_000, None),
        ("long-high[1M]:latest", 1_050_000, None),
        ("long", 272_000, None),
        ("short[1m]", 200_000, "[1m] asks for a window of a million tokens; short has 200000"),
        ("silent[1m]", None, None),
    ],
)
def test_the_mark_of_a_long_window_is_remembered(name: str, window: int | None, note: str | None) -> None:
    models = [
        ModelFacts(slug="long", context_window=272_000, max_context_window=1_050_000),
        ModelFacts(slug="short", context_window=200_000),
        ModelFacts(slug="silent"),
    ]
    known = Resolver(catalogue=fetched_catalogue(models), aliases={"big": "long[1m]"}, default="long")
    found = known.resolve(name)
    assert isinstance(found, Resolved)
    assert (found.model.context_window, found.long_context) == (window, name != "long")
    assert [one.detail for one in found.notes] == ([note] if note else [])


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
    found = resolve("gpt-99-codex", packaged_catalogue())
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


VENDORS = Resolver(
    catalogue=FETCHED,
    aliases=ALIASES
    | {
        "openai-fast": "openai:gpt-4o",
        "gpt-5.3-codex": "gpt-5.3-codex-high",
        "claude-none": "nobody:claude",
        "thinker": "deepseek:deepseek-chat-high",
    },
    default="gpt-5.4",
    offers={
        "gpt-4o": ("openai",),
        "gpt-5.5": ("openai",),
        "deepseek-chat": ("deepseek", "openrouter"),
        "openai/gpt-4o": ("openrouter",),
        "llama3.2:latest": ("ollama",),
        "dall-e-3": ("openai",),
        "gpt-image-2": ("openai",),
    },
    vendors=frozenset({"openai", "deepseek", "openrouter", "ollama", "anthropic"}),
    model_routing={
        "house-model": "openrouter",
        "gpt-*": "openai",
        "gpt-4*": "openrouter",
        "deepseek-*": "deepseek",
        "lost-model": "keyless",
    },
    vendor_models={"gpt-4o": ModelFacts(slug="gpt-4o", context_window=128_000)},
)


@pytest.mark.parametrize(
    ("name", "vendor", "model", "effort", "tier"),
    [
        # the accounts
        ("gpt-5.5", "", "gpt-5.5", None, None),
        ("gpt-5.5-high-fast", "", "gpt-5.5", "high", "priority"),
        ("gpt-5.3-codex", "", "gpt-5.3-codex", "high", None),
        ("gpt-5.3-codex-low", "", "gpt-5.3-codex", "low", None),
        # a vendor's name before the colon
        ("openai:gpt-5.5", "openai", "gpt-5.5", None, None),
        ("openai:gpt-5.5-high", "openai", "gpt-5.5", "high", None),
        ("openai:gpt-9-high", "openai", "gpt-9-high", None, None),
        ("ollama:llama3.2:latest", "ollama", "llama3.2:latest", None, None),
        ("openai:gpt-5.5:latest", "openai", "gpt-5.5", None, None),
        ("openai:gpt-5.5-high:latest", "openai", "gpt-5.5", "high", None),
        ("deepseek-coder:latest", "deepseek", "deepseek-coder", None, None),
        ("openai-fast", "openai", "gpt-4o", None, None),
        ("thinker", "deepseek", "deepseek-chat", "high", None),
        ("thinker-low-flex", "deepseek", "deepseek-chat", "low", "flex"),
        # a key that lists it
        ("gpt-4o", None, "gpt-4o", None, None),
        ("gpt-4o-flex-low", None, "gpt-4o", "low", "flex"),
        ("deepseek-chat-high", None, "deepseek-chat", "high", None),
        ("openai/gpt-4o", None, "openai/gpt-4o", None, None),
        ("openai/gpt-4o-high", None, "openai/gpt-4o", "high", None),
        ("llama3.2:latest", None, "llama3.2:latest", None, None),
        ("gpt-4o-20240806", "openrouter", "gpt-4o-20240806", None, None),
        # model_routing
        ("house-model", "openrouter", "house-model", None, None),
        ("house-model-high", "openrouter", "house-model", "high", None),
        ("gpt-4-turbo", "openrouter", "gpt-4-turbo", None, None),
        ("gpt-3.5", "openai", "gpt-3.5", None, None),
        ("gpt-5.5-2026-01-31", "openai", "gpt-5.5-2026-01-31", None, None),  # a version is not its model
        ("deepseek-coder-low", "deepseek", "deepseek-coder-low", None, None),
        ("lost-model", "keyless", "lost-model", None, None),
        # by their names
        ("claude-haiku-4-5-20251001", "anthropic", "claude-haiku-4-5-20251001", None, None),
        ("claude-sonnet-4-6-high[1m]", "anthropic", "claude-sonnet-4-6", "high", None),
        ("claude-opus-4", "", "gpt-5.4", None, None),
        ("gemini-3-pro", "", "gpt-5.5", None, None),
    ],
)
def test_where_a_name_leads_with_vendors(
    name: str, vendor: str | None, model: str, effort: str | None, tier: str | None
) -> None:
    found = VENDORS.resolve(name)
    assert isinstance(found, Resolved)
    route = found.vendor
    assert ("" if route is None else route.vendor) == vendor
    assert (found.model.slug, found.effort, found.tier) == (model, effort, tier)
    assert route is None or route.model == model


def test_what_is_known_of_a_vendors_model_comes_with_it() -> None:
    found = VENDORS.resolve("gpt-4o-high")
    assert isinstance(found, Resolved)
    assert found.model.context_window == 128_000


def test_a_vendor_without_a_key_has_no_prefix_and_an_alias_to_it_leads_on_with_a_note() -> None:
    assert isinstance(VENDORS.resolve("mistral:large"), UnknownModel)
    found = VENDORS.resolve("claude-none")
    assert isinstance(found, Resolved)
    assert found.vendor is not None
    assert [note.detail for note in found.notes] == [
        "the alias claude-none leads to nobody:claude, which nobody serves here"
    ]


def test_nearest_ids_come_from_everywhere() -> None:
    for wanted, near in [
        ("house-modle", "house-model"),
        ("deepsek-chat", "deepseek-chat"),
        ("mistral:gpt-4o", "openai:gpt-4o"),
        ("thinkr", "thinker"),
    ]:
        found = VENDORS.resolve(wanted)
        assert isinstance(found, UnknownModel)
        assert near in found.nearest


def test_the_trace_tells_each_question_and_its_answer() -> None:
    found = VENDORS.resolve("best-flex")
    assert isinstance(found, Resolved)
    assert [(step.rule, step.asked, step.answer) for step in found.trace] == [
        (Rule.CATALOGUE, "best-flex", None),
        (Rule.KEY, "best-flex", None),
        (Rule.SUFFIX, "best-flex", "best"),
        (Rule.ALIAS, "best", "gpt-5.5-high"),
        (Rule.CATALOGUE, "gpt-5.5-high", None),
        (Rule.KEY, "gpt-5.5-high", None),
        (Rule.SUFFIX, "gpt-5.5-high", "gpt-5.5"),
        (Rule.CATALOGUE, "gpt-5.5", "gpt-5.5"),
    ]


def test_an_unknown_model_may_fall_back_to_the_default_with_a_note() -> None:
    resolver = Resolver(catalogue=FETCHED, aliases=ALIASES, default="best", unknown="fallback")
    found = resolver.resolve("llama-9")
    assert isinstance(found, Resolved)
    assert (found.model.slug, found.effort) == ("gpt-5.5", "high")
    assert [note.detail for note in found.notes] == ["llama-9 is not known here; gpt-5.5 serves"]
    nowhere = Resolver(catalogue=fetched_catalogue([]), aliases={}, default="best", unknown="fallback")
    assert isinstance(nowhere.resolve("llama-9"), UnknownModel)


def test_the_default_may_be_an_alias_or_a_vendors_and_a_missing_one_is_replaced_with_a_note() -> None:
    for default, slug, notes in [
        ("best", "gpt-5.5", 0),
        ("deepseek-chat", "deepseek-chat", 0),
        ("gone", "gpt-5.3-codex", 1),
    ]:
        resolver = Resolver(catalogue=FETCHED, aliases=ALIASES, default=default, offers=VENDORS.offers)
        found = resolver.resolve(" ")
        assert isinstance(found, Resolved)
        assert (found.model.slug, len(found.notes)) == (slug, notes)


@pytest.mark.parametrize(
    ("name", "vendor", "model"),
    [
        ("gpt-image-2", "", "gpt-5.5"),  # the accounts have it
        ("dall-e-3", None, "dall-e-3"),  # only a key has it
        ("openai:gpt-image-2", "openai", "gpt-image-2"),
        ("dall-e-2", "", "gpt-5.5"),
        ("gpt-4o", None, "gpt-4o"),
    ],
)
def test_pictures_come_from_a_vendor_where_only_it_has_the_model(name: str, vendor: str | None, model: str) -> None:
    found = msgspec.structs.replace(VENDORS, image_host="gpt-5.5").hosting(name)
    assert isinstance(found, Resolved)
    assert ("" if found.vendor is None else found.vendor.vendor) == vendor
    assert found.model.slug == model


PIECES = [
    *("gpt-5.5", "best", "loop", "claude", "opus", "gemini", "deepseek-chat"),
    *(
        "openai:",
        "models/",
        "openai/",
        "-high",
        "-fast",
        "-none",
        "-2026-01-31",
        "@x",
        ":latest",
        "[1m]",
        "-",
        ":",
        " ",
    ),
]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)


@given(TEXTS)
def test_every_text_is_answered_and_the_same_each_time(name: str) -> None:
    for known in (
        VENDORS,
        msgspec.structs.replace(VENDORS, unknown="fallback"),
        Resolver(catalogue=fetched_catalogue([]), aliases={}, default=""),
    ):
        found = known.resolve(name)
        assert found == known.resolve(name)
        assert isinstance(known.hosting(name), Resolved | UnknownModel)
        assert isinstance(found, Resolved) or known.unknown == "error"
        assert isinstance(found, UnknownModel) or found.model.slug


@pytest.mark.parametrize("name", ["x" * 100_000, "gpt-5.5" + "-high" * 50_000, "a:" * 50_000, "-20260131" * 20_000])
def test_a_text_too_long_for_a_name_is_nobodys(name: str) -> None:
    found = VENDORS.resolve(name)
    assert isinstance(found, UnknownModel)
    assert (found.nearest, found.trace) == ((), ())


BASES = [*FETCHED.models, *VENDORS.offers, *ALIASES, "house-model", "claude-haiku-4", "nobody"]


def meant(name: str) -> tuple[object, ...] | None:
    found = VENDORS.resolve(name)
    return (found.vendor, found.model, found.effort, found.tier) if isinstance(found, Resolved) else None


@given(
    st.sampled_from(BASES),
    st.lists(st.sampled_from(EFFORT_SUFFIXES), max_size=1),
    st.lists(st.sampled_from(sorted(TIER_SUFFIXES)), max_size=1),
)
def test_the_order_of_suffixes_does_not_matter(base: str, efforts: list[str], tiers: list[str]) -> None:
    names = ["-".join([base, *order]) for order in permutations([*efforts, *tiers])]
    assume(not any(name.startswith("gpt-5.4-fast") for name in names))  # a model of its own
    answers = [meant(name) for name in names]
    assert all(answer == answers[0] for answer in answers)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([*"abcdef", "a-high", "b-fast", "gpt-5.5-low"])))
def test_aliases_never_loop(aliases: dict[str, str]) -> None:
    resolver = Resolver(catalogue=FETCHED, aliases=aliases, default="a")
    for name in ("", *"abcdef"):
        found = resolver.resolve(name)
        followed = [step.asked for step in found.trace if step.rule is Rule.ALIAS]
        assert len(followed) == len(set(followed)) <= MAX_ALIAS_DEPTH
        if name and isinstance(found, Resolved):
            assert found.model.slug == "gpt-5.5"


def test_a_chain_of_aliases_has_an_end() -> None:
    links = {f"link{number}": f"link{number + 1}" for number in range(MAX_ALIAS_DEPTH + 5)}
    end = f"link{MAX_ALIAS_DEPTH + 5}"
    resolver = Resolver(catalogue=FETCHED, aliases=links | {end: "gpt-5.5"}, default="gpt-5.4")
    assert isinstance(resolver.resolve("link0"), UnknownModel)
    assert isinstance(resolver.resolve("link10"), Resolved)


@given(
    st.sampled_from(["gpt-5.5", "deepseek-chat", "llama"]),
    st.lists(st.sampled_from([*EFFORT_SUFFIXES, *TIER_SUFFIXES]), min_size=1, max_size=4),
    st.booleans(),
)
def test_an_exact_id_wins_over_its_suffixes(base: str, suffixes: list[str], at_a_key: bool) -> None:
    name = "-".join([base, *suffixes])
    catalogue = fetched_catalogue([ModelFacts(slug=base), *([] if at_a_key else [ModelFacts(slug=name)])])
    offers = {name: ("openai",), base: ("openai",)} if at_a_key else {base: ("openai",)}
    found = Resolver(catalogue=catalogue, aliases={}, default=base, offers=offers).resolve(name)
    assert isinstance(found, Resolved)
    assert (found.model.slug, found.effort, found.tier) == (name, None, None)
    assert (found.vendor is not None) is at_a_key
