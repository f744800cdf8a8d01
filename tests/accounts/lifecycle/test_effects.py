"""What has to be done outside after something happened."""

import pytest

from codex_proxy.accounts.lifecycle.effects import (
    BlameEgress,
    DropCookies,
    Effect,
    KeepDeath,
    RequestProbe,
    RequestRefresh,
    StartCooling,
)
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.record import Death
from tests.accounts.lifecycle.scene import HOUR, NOW, Life

Oc = Occurrence


@pytest.mark.parametrize(
    ("occurrence", "lasting", "effects"),
    [
        (Oc.USAGE_LIMIT, 500, (StartCooling(until=NOW + 500, bucket="codex"), RequestProbe(at=NOW + 500))),
        (Oc.RATE_LIMIT, None, (StartCooling(until=NOW + 60, bucket="codex"),)),
        (Oc.CHALLENGE, None, (BlameEgress(reason=Oc.CHALLENGE), StartCooling(until=NOW + 10))),
        (Oc.PATH_BLOCK, None, (DropCookies(), StartCooling(until=NOW + 10))),
        (Oc.PAYMENT, None, (StartCooling(until=NOW + HOUR), RequestProbe(at=NOW + HOUR))),
        (Oc.FORBIDDEN, None, (StartCooling(until=NOW + 60),)),
        (Oc.REFUSED_TOKEN, None, (RequestRefresh(),)),
        (Oc.REFUSED_TOO_OFTEN, None, (StartCooling(until=NOW + 900),)),
        (Oc.DEACTIVATED, None, (KeepDeath(death=Death.DEACTIVATED),)),
        (Oc.REGION, None, (BlameEgress(reason=Oc.REGION),)),
        (Oc.CREDIT_REDEEMED, None, (RequestProbe(at=NOW),)),
        (Oc.SUCCEEDED, None, ()),
        (Oc.LOGGED_IN, None, ()),
        (Oc.TOKEN_RENEWED, None, ()),
    ],
)
def test_an_occurrence_asks_for(occurrence: Occurrence, lasting: float | None, effects: tuple[Effect, ...]) -> None:
    assert Life().happens(occurrence, lasting=lasting).effects == effects


def test_what_goes_on_asks_for_nothing_new() -> None:
    assert Life().happens(Oc.REFUSED_TOKEN).happens(Oc.REFUSED_TOKEN).effects == ()
    assert Life().happens(Oc.DEACTIVATED).happens(Oc.DEACTIVATED).effects == ()
    assert Life().happens(Oc.CHALLENGE).happens(Oc.SUCCEEDED, asked=0).effects == ()


def test_a_third_forbidden_call_asks_for_the_query_that_decides() -> None:
    life = Life()
    for request in "ab":
        life.happens(Oc.FORBIDDEN, request=request).pass_time(400)
    life.happens(Oc.FORBIDDEN, request="c")
    assert life.effects == (StartCooling(until=life.now + HOUR), RequestProbe(at=life.now))
    assert life.happens(Oc.PROBE_FORBIDDEN).effects == (KeepDeath(death=Death.DEACTIVATED),)
