"""What calls tell about ways out."""

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.choice.reasons import NoAccount
from codex_proxy.accounts.keeping import Egresses
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.canonical.target import Credential
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy
from codex_proxy.operations.egress.watch import EgressWatch
from tests.gateway.scene import FakeClock
from tests.operations.egress.test_book import proxy

DOWN = Failure(kind=FailureKind.UNREACHABLE, message="no connection", sent=Sent.NOTHING_SENT)
REGION = Failure(kind=FailureKind.REGION_BLOCKED, message="not here")


class Scene:
    """Account ``a`` leaves through proxy ``p``, account ``b`` directly."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pool = AccountPool(affinity=AffinityMap())
        for row_id in "ab":
            self.pool.add(Account(row_id=row_id, credential=Credential(token="t")), self.clock.now())
        self.book = EgressBook(policy=EgressPolicy(), now=self.clock.now)
        self.book.take(Egresses(proxies=(proxy("p"),), assignments={"a": "p"}))
        self.watch = EgressWatch(book=self.book, pool=self.pool)
        self.watch.tell()

    @property
    def ready(self) -> set[str]:
        ranked = self.pool.rank(Need(model="gpt-5.4"), exclude=frozenset(), now=self.clock.now())
        if isinstance(ranked, NoAccount):
            return set()
        return {row_id for row_id, _ in ranked}


def test_p_02_an_account_whose_proxy_is_down_is_passed_over_until_it_is_back() -> None:
    scene = Scene()
    scene.watch.blame("p", DOWN)
    assert scene.ready == {"a", "b"}
    scene.watch.blame("p", DOWN)
    assert scene.ready == {"b"}
    scene.watch.came_through("p")
    assert scene.ready == {"a", "b"}


def test_a_05_a_refused_country_passes_over_those_who_come_out_there_and_changes_no_account() -> None:
    scene = Scene()
    before = {row_id: scene.pool.condition(row_id) for row_id in "ab"}
    scene.watch.blame("direct", REGION)
    assert scene.ready == {"a"}
    assert {row_id: scene.pool.condition(row_id) for row_id in "ab"} == before
    scene.clock.time += 1800
    assert scene.ready == {"a", "b"}


def test_of_refusals_only_that_of_the_country_counts() -> None:
    scene = Scene()
    for kind in set(FailureKind) - {FailureKind.REGION_BLOCKED}:
        for _ in range(2):
            scene.watch.refused("p", Failure(kind=kind, message="no", sent=Sent.NOTHING_SENT))
    assert scene.ready == {"a", "b"}
    scene.watch.refused("p", REGION)
    assert scene.ready == {"b"}


def test_an_account_that_comes_later_is_told_too() -> None:
    scene = Scene()
    scene.watch.blame("direct", REGION)
    scene.pool.add(Account(row_id="c", credential=Credential(token="t")), scene.clock.now())
    scene.watch.account_changed("c")
    assert scene.ready == {"a"}


def test_a_changed_assignment_counts_once_it_is_told() -> None:
    scene = Scene()
    scene.watch.blame("direct", REGION)
    scene.book.take(Egresses(revision=1, proxies=(proxy("p"),), assignments={"a": "p", "b": "p"}))
    scene.watch.assigned({"a", "b"})
    assert scene.ready == {"a", "b"}


def test_p_02_an_account_that_is_given_a_way_that_is_shut_is_passed_over_at_once() -> None:
    scene = Scene()
    for _ in range(2):
        scene.watch.blame("p", DOWN)
    scene.book.take(Egresses(proxies=(proxy("p"),), assignments={"b": "p"}))
    scene.watch.assigned({"a", "b", "nobody"})
    assert scene.ready == {"a"}
    scene.book.take(Egresses(proxies=(proxy("p", enabled=False), proxy("q")), assignments={"b": "q", "a": "p"}))
    scene.watch.assigned(None)
    assert scene.ready == {"b"}
