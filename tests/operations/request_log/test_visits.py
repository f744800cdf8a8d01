"""Requests noted on their way."""

from collections.abc import Callable

import pytest

from codex_proxy.operations.request_log.capturing.capture import VISIT, Visit
from codex_proxy.operations.request_log.items import Answered, Item, Told
from codex_proxy.operations.request_log.state import Level, LogPolicy, LogSwitch
from codex_proxy.operations.request_log.visits import VisitParts, Visits
from tests.gateway.scene import FakeClock
from tests.operations.request_log.samples import EXPLANATION, exchange


class Written:
    """Implements ``LogWriter``."""

    dropped_count = 0

    def __init__(self) -> None:
        self.all: list[Item] = []

    def add(self, item: Item, size_bytes: int) -> None:
        assert size_bytes > 0
        self.all.append(item)


class Scene:
    def __init__(self, **policy: object) -> None:
        self.clock, self.written = FakeClock(), Written()
        self.switch = LogSwitch(LogPolicy(**policy), now=self.clock.now)  # type: ignore[arg-type]
        parts = VisitParts(
            switch=self.switch, writer=self.written, clock=self.clock, explain=lambda request_id: EXPLANATION
        )
        self.visits = Visits(parts, skips=("/admin/",), never=("/admin/logs",))

    def served(self, path: str = "/v1/responses", *, during: Callable[[Visit], None] = lambda _: None) -> Visit | None:
        """A request of this path comes, is named, and is answered."""
        visit = self.visits.begin("POST", path, {"x-request-id": "theirs"})
        if visit is None:
            return None
        token = VISIT.set(visit)
        try:
            assert self.visits.named("req_1") == "req_1"
            during(visit)
        finally:
            VISIT.reset(token)
        self.clock.time += 2
        self.visits.end(visit)
        return visit


def test_an_exchange_is_told_with_its_reasons_and_then_its_answer() -> None:
    scene = Scene()
    scene.served(during=lambda _: scene.visits.finished(exchange()))
    first, second = scene.written.all
    assert first == Told(record=exchange(), explanation=EXPLANATION)
    assert isinstance(second, Answered)
    assert (second.request_id, second.client_request_id, second.duration_seconds) == ("req_1", "theirs", 2.0)


@pytest.mark.parametrize(("status", "count"), [(200, 0), (None, 0), (400, 1), (500, 1), (401, 0), (404, 0), (405, 0)])
def test_without_an_exchange_only_refusals_of_known_clients_are_kept(status: int | None, count: int) -> None:
    scene = Scene()
    scene.served(during=lambda visit: setattr(visit, "status", status))
    assert len(scene.written.all) == count


def test_everything_is_kept_where_the_owner_wants_it_but_looking_at_the_log() -> None:
    scene = Scene(protocol_only=False)
    assert scene.served("/admin/accounts") is not None
    assert scene.served("/admin/logs/state") is None
    assert Scene().served("/admin/accounts") is None
    assert len(scene.written.all) == 1


def test_off_keeps_nothing_and_bodies_keep_a_capture() -> None:
    scene = Scene(level=Level.OFF)
    assert scene.visits.begin("POST", "/v1/responses", {}) is None
    scene.visits.finished(exchange())
    assert scene.written.all == []
    visit = Scene(level=Level.BODIES, body_bytes=10).served()
    assert visit is not None
    assert visit.capture is not None
    assert visit.capture.request.headers == (("x-request-id", "theirs"),)


def test_outside_of_a_visit_names_and_exchanges_are_no_trouble() -> None:
    scene = Scene()
    assert scene.visits.named("req_9") == "req_9"
    scene.visits.finished(exchange())
    assert len(scene.written.all) == 1


def test_a_capture_has_what_the_query_asks_for_and_no_key_in_it() -> None:
    visits = Scene(level=Level.BODIES).visits
    kept = visits.begin("POST", "/v1beta/models/m:streamGenerateContent", {}, "key=mine&alt=sse&access_token=t")
    assert kept is not None
    assert kept.capture is not None
    assert kept.capture.request.target == "/v1beta/models/m:streamGenerateContent?alt=sse"
    assert kept.path == "/v1beta/models/m:streamGenerateContent"
