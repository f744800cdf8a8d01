"""Conditions to bytes and back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.lifecycle.condition import FRESH, Condition
from codex_proxy.accounts.lifecycle.keeping import decode_condition, encode_condition
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.quota.redeeming import Redemption
from codex_proxy.canonical.rate_limits import Credits
from tests.accounts.lifecycle.scene import HOUR, NOW, Life
from tests.accounts.lifecycle.test_condition import STORIES, lived

UNREADABLE = Condition(was_unreadable=True)


@given(STORIES)
def test_a_condition_survives_a_restart(story: list[tuple[float, object]]) -> None:
    condition, _ = lived(story)
    assert decode_condition(encode_condition(condition)) == condition


def test_a_lock_and_its_probing_survive_a_restart() -> None:
    life = Life().happens(Occurrence.USAGE_LIMIT, lasting=HOUR).pass_time(HOUR).happens(Occurrence.CANARY_SENT)
    life.condition = decode_condition(encode_condition(life.condition))
    assert life.state is State.LIMITED
    assert life.pass_time(120).verdict().one_at_a_time


def test_everything_else_survives_too() -> None:
    condition = Condition(
        breaker=(NOW,),
        plan="plus",
        credits=Credits(has_credits=True, balance="1.5"),
        reset_credits_available=2,
        redemption=Redemption(request_id="r", asked_at=NOW),
    )
    assert decode_condition(encode_condition(condition)) == condition


@given(st.binary(max_size=60))
def test_what_cannot_be_read_begins_anew_and_says_so(kept: bytes) -> None:
    assert decode_condition(kept) == UNREADABLE


def test_that_it_could_not_be_read_is_told_once() -> None:
    assert decode_condition(encode_condition(UNREADABLE)) == FRESH


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"[" * 100_000,
        b'{"version":2,"condition":{}}',
        b'{"version":1}',
        b'{"version":1,"condition":{"locks":[{"bucket":"codex","cause":"whim"}]}}',
    ],
)
def test_what_another_version_kept_begins_anew_and_says_so(kept: bytes) -> None:
    assert decode_condition(kept) == UNREADABLE


def test_members_that_a_later_version_adds_are_passed_over() -> None:
    told = msgspec.json.decode(encode_condition(FRESH))
    told["condition"]["mood"] = "fair"
    assert decode_condition(msgspec.json.encode(told)) == FRESH
