"""Where a model name leads, told to the owner."""

from collections.abc import Iterable

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.target import Credential, ModelFacts
from codex_proxy.operations.catalogue.explaining import RouteExplaining, RouteParts, ServingKey, StepView, Upstream
from codex_proxy.routing.catalogue import fetched_catalogue
from codex_proxy.routing.resolve import Resolver
from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from tests.gateway.scene import NOW, FakeClock
from tests.vendors.samples import key

KEYS = (
    key("rests", cooling_until=NOW + 60, models=(KeyModel(id="gpt-4o"),)),
    key("works", label="mine", models=(KeyModel(id="gpt-4o"), KeyModel(id="off", enabled=False))),
    key("refused", status=KeyStatus.ERROR, models=(KeyModel(id="gpt-4o"),)),
    key("other", vendor="groq", models=()),
)


LONG = ModelFacts(slug="gpt-5.5", context_window=272_000, max_context_window=1_000_000)


def explaining(keys: Iterable[VendorKey] = KEYS) -> RouteExplaining:
    pool = AccountPool(affinity=AffinityMap())
    for row_id, plan in (("free", "free"), ("plus", "plus"), ("odd", None)):
        pool.add(Account(row_id=row_id, credential=Credential(token="t"), plan=plan, email=f"{row_id}@x"), NOW)
    pool.learn_models({"free": ["gpt-5.4"], "plus": ["gpt-5.4", "gpt-5.5"]})
    resolver = Resolver(
        catalogue=fetched_catalogue([ModelFacts(slug="gpt-5.4"), LONG]),
        aliases={"best": "gpt-5.5-high", "gone": "nowhere"},
        default="gpt-5.4",
        offers={"gpt-4o": ("openai",)},
        vendors=frozenset({"openai", "groq"}),
    )
    return RouteExplaining(
        RouteParts(
            resolver=lambda: resolver,
            plans_of=lambda model: ("plus",) if model == "gpt-5.5" else None,
            pool=pool,
            bucket_of=lambda model: "codex",
            vendor_keys=lambda: keys,
            clock=FakeClock(),
            notes_of=lambda model: (f"{model} is odd",) if model == "gpt-5.5" else (),
        )
    )


def test_a_name_that_leads_to_the_accounts() -> None:
    view = explaining().one("best-fast")
    assert view.steps[2:4] == (
        StepView(rule="suffix", asked="best-fast", answer="best"),
        StepView(rule="alias", asked="best", answer="gpt-5.5-high"),
    )
    assert (view.upstream, view.vendor, view.model) == (Upstream.CODEX, None, "gpt-5.5")
    assert (view.effort, view.tier, view.plans) == ("high", "priority", ("plus",))
    assert [(account.name, account.plan) for account in view.accounts] == [("plus@x", "plus"), ("odd@x", "unknown")]
    assert (view.accounts_count, view.passed_over) == (2, {"plan_lacks_model": 1})


def test_a_long_window_is_told() -> None:
    view = explaining().one("gpt-5.5[1m]")
    assert (view.model, view.context_window, view.notes) == ("gpt-5.5", 1_000_000, ("gpt-5.5 is odd",))


def test_no_name_is_the_default() -> None:
    view = explaining().one("")
    assert view.steps[0] == StepView(rule="default", asked="", answer="gpt-5.4")
    assert (view.model, view.plans, view.accounts_count) == ("gpt-5.4", None, 3)


def test_a_name_that_any_key_serves() -> None:
    view = explaining().one("gpt-4o-low")
    assert (view.upstream, view.vendor, view.model, view.effort) == (Upstream.VENDOR, None, "gpt-4o", "low")
    assert view.keys == (
        ServingKey(id="works", vendor="openai", label="mine"),
        ServingKey(id="rests", vendor="openai", label=None, hindrance="cooling", until="1970-01-01T00:17:40.000Z"),
        ServingKey(id="refused", vendor="openai", label=None, hindrance="error"),
    )


def test_a_named_vendor_is_asked_for_what_its_keys_say_nothing_of() -> None:
    assert [one.id for one in explaining().one("groq:anything").keys] == ["other"]
    assert [one.id for one in explaining().one("openai:off").keys] == ["rests", "refused"]
    assert explaining([]).one("groq:anything").keys == ()


def test_a_name_that_leads_nowhere_says_what_is_near_and_what_was_noted_comes_along() -> None:
    view = explaining().one("gpt-5.6")
    assert (view.upstream, view.model) == (None, None)
    assert "gpt-5.5" in view.nearest
    assert view.steps[-1].answer is None
