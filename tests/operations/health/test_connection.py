"""The steps of a connection, and which of them is to blame."""

from typing import Any, TypeVar

import pytest

from codex_proxy.accounts.egress.ways import Direct, NoWay, Through, Way
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.accounts.parts import AccountUnusable, UnknownAccount
from codex_proxy.operations.health.connection import (
    Check,
    ConnectionParts,
    ConnectionReport,
    ConnectionTests,
    Outcome,
    Unreached,
)
from codex_proxy.vendors.key import VendorKey
from tests.gateway.scene import FakeClock
from tests.operations.health.world import pool_of, vendor_pool
from tests.vendors.samples import key

T = TypeVar("T")
NAMES = ["server", "accounts", "egress", "dns", "transport", "upstream"]
REFUSED = Failure(kind=FailureKind.UNAUTHORIZED, message="the token is not known")
SHUT = NoWay(egress_id="p", name="office", reason="no answer")


class Dialled:
    """A network on which names have addresses, unless something is ``wrong`` at a step."""

    def __init__(self, clock: FakeClock, wrong: str | None = None) -> None:
        self._clock = clock
        self._wrong = wrong
        self.seen: list[Any] = []

    async def resolve(self, base_url: str, *, allow_private: bool | None) -> tuple[str, ...]:
        self.seen.append((base_url, allow_private))
        return await self._step("dns", ("192.0.2.1", "192.0.2.2"))

    async def connect(self, base_url: str, address: str) -> str:
        self.seen.append(address)
        return await self._step("transport", "connected, TLSv1.3")

    async def _step(self, name: str, result: T) -> T:
        await self._clock.sleep(0.02)
        if self._wrong == name:
            raise Unreached("so it is")
        return result


class Lab:
    """Tests of connections, and whom they asked."""

    def __init__(self, *keys: VendorKey, way: Way | None = None, wrong: str | None = None, **accounts: float) -> None:
        self.asked: list[str] = []
        self.answer: Failure | Exception | None = None
        self.stopping = False
        clock = FakeClock()
        self.dialled = Dialled(clock, wrong)
        self.tests = ConnectionTests(
            ConnectionParts(
                pool=pool_of(**accounts),
                vendor_keys=vendor_pool(*keys),
                dialling=self.dialled,
                clock=clock,
                base_url="https://upstream.example/backend-api",
                way_of=lambda _: way or Direct(),
                owners_way=lambda: way or Direct(),
                allow_private=False,
                ask_account=self.ask,
                ask_vendor=lambda each: self.ask(each.row_id),
                is_stopping=lambda: self.stopping,
            )
        )

    async def ask(self, row_id: str) -> Failure | None:
        self.asked.append(row_id)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def outcomes(tested: ConnectionReport) -> list[str]:
    assert [check.name for check in tested.checks] == NAMES
    return [check.status.value for check in tested.checks]


def step(tested: ConnectionReport, name: str) -> Check:
    return next(check for check in tested.checks if check.name == name)


async def test_every_step_is_told_with_its_time() -> None:
    lab = Lab(a=100, b=0)
    tested = await lab.tests.run()
    assert outcomes(tested) == ["pass"] * 6
    assert tested.passed
    assert lab.asked == ["b"]
    assert lab.dialled.seen == [("https://upstream.example/backend-api", None), "192.0.2.1"]
    assert step(tested, "dns").latency_ms == 20
    assert step(tested, "dns").detail == "upstream.example has 2 addresses"
    assert "1 of 2 accounts" in (step(tested, "accounts").detail or "")


@pytest.mark.parametrize(("wrong", "place"), [("dns", 3), ("transport", 4)])
async def test_what_comes_after_a_step_that_failed_is_not_tried(wrong: str, place: int) -> None:
    lab = Lab(a=0, wrong=wrong)
    tested = await lab.tests.run()
    assert outcomes(tested) == ["pass"] * place + ["fail"] + ["skip"] * (5 - place)
    assert not tested.passed
    assert step(tested, wrong).error == "so it is"
    assert lab.asked == []


@pytest.mark.parametrize("answer", [REFUSED, AccountUnusable()])
async def test_a_credential_that_is_not_accepted_fails_the_last_step(answer: Failure | Exception) -> None:
    lab = Lab(a=0)
    lab.answer = answer
    tested = await lab.tests.run(row_id="a")
    assert outcomes(tested) == ["pass"] * 5 + ["fail"]
    assert "token" in (step(tested, "upstream").error or "")


async def test_p_11_an_account_is_tested_by_its_own_way_and_no_other() -> None:
    lab = Lab(a=0, way=Through(egress_id="p", name="office", url="http://user:secret@10.0.0.1:8080"))
    tested = await lab.tests.run(row_id="a")
    assert outcomes(tested) == ["pass", "pass", "pass", "skip", "skip", "pass"]
    assert step(tested, "egress").detail == "leaves by office"
    assert "secret" not in str(tested)
    assert lab.dialled.seen == []


async def test_an_account_without_a_way_out_reaches_nobody() -> None:
    lab = Lab(a=0, way=SHUT)
    tested = await lab.tests.run(row_id="a")
    assert outcomes(tested) == ["pass", "pass", "fail", "skip", "skip", "skip"]
    assert (lab.asked, lab.dialled.seen) == ([], [])


async def test_a_vendor_key_is_tested_where_it_is_named_or_nobody_is_logged_in() -> None:
    named = key(row_id="k", allow_private=True)
    lab = Lab(named, a=0)
    assert (await lab.tests.run(vendor_key=named)).passed
    assert lab.dialled.seen[0] == ("https://api.example/v1", True)
    alone = Lab(key(row_id="k"))
    assert (await alone.tests.run()).passed
    assert alone.asked == ["k"]
    assert alone.dialled.seen[0] == ("https://api.example/v1", False)


async def test_where_there_is_nobody_nothing_is_tested() -> None:
    lab = Lab()
    tested = await lab.tests.run()
    assert outcomes(tested) == ["pass", "fail", "skip", "skip", "skip", "skip"]
    with pytest.raises(UnknownAccount):
        await lab.tests.run(row_id="nobody")


async def test_a_gateway_that_stops_says_so() -> None:
    lab = Lab(a=0)
    lab.stopping = True
    assert (await lab.tests.run()).checks[0].status is Outcome.FAIL
