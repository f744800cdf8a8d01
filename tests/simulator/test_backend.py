"""The backend's small answers."""

import json

import pytest

from codex_proxy.protocols.codex.lookups import parse_models
from codex_proxy.protocols.codex.rate_limits import parse_rate_headers
from codex_proxy.simulator.backend import NotLetIn, answer_headers, counters, let_in, models_etag, models_reply
from tests.accounts.test_account import token_of
from tests.simulator.asking import token


def test_a_visitor_is_who_the_token_says() -> None:
    visitor = let_in({"authorization": f"Bearer {token('acc', 'pro')}"}, now=0.0, request_id="r")
    assert (visitor.account_id, visitor.plan, visitor.email) == ("acc", "pro", "a@example.com")


def test_any_well_formed_token_is_somebodys() -> None:
    first, second = (
        let_in({"authorization": f"Bearer {token_of({'sub': sub})}"}, now=0.0, request_id="r") for sub in "12"
    )
    assert first.account_id != second.account_id
    assert first.plan == "plus"


def test_no_token_is_not_let_in() -> None:
    with pytest.raises(NotLetIn) as refused:
        let_in({}, now=0.0, request_id="r")
    assert (refused.value.reply.status, json.loads(refused.value.reply.body)) == (401, {"detail": "Unauthorized"})


def test_each_plan_has_its_models_and_their_tag() -> None:
    plus = {model.slug for model in parse_models(models_reply("plus").body)}
    free = {model.slug for model in parse_models(models_reply("free").body)}
    assert free < plus
    assert models_etag("plus") != models_etag("free")


def test_counters_rise_with_requests_and_stay_below_the_limit() -> None:
    used = [counters("plus", count, 0.0).primary for count in (0, 10, 100_000)]
    percents = [window.used_percent for window in used if window]
    assert percents == sorted(percents)
    assert percents[-1] < 100


def test_a_free_plan_has_one_window_of_a_week() -> None:
    free = counters("free", 0, 0.0)
    assert free.primary is not None
    assert (free.primary.window_seconds, free.secondary) == (604_800, None)


def test_answers_tell_the_counters() -> None:
    visitor = let_in({"authorization": f"Bearer {token()}"}, now=0.0, request_id="r")
    headers = dict(answer_headers(visitor, model="m", requests_count=1, now=0.0))
    (snapshot,) = parse_rate_headers(headers)
    assert snapshot.plan_type == "plus"
