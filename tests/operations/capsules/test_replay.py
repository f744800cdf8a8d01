"""What of a capsule is played again."""

import msgspec
import pytest

from codex_proxy.operations.capsules.capsule import Capsule, CapsuleUnusable, Trouble
from codex_proxy.operations.capsules.replay import (
    MOST_ACCOUNTS,
    replayed,
    replayed_config,
    replayed_routing,
    vendor_calls,
)
from tests.operations.capsules.samples import QUESTION, asked_key, attempts, call, capsule, kept, vendor_call


def test_the_request_goes_with_what_means_something_and_the_tape_too() -> None:
    wanted = replayed(capsule(call("data: x\n\n"), call(status=None, failure=Trouble(kind="timeout", error="late"))))
    assert (wanted.method, wanted.target, wanted.body) == ("POST", "/v1/chat/completions", QUESTION.encode())
    assert wanted.headers == {"content-type": "application/json"}
    first, second = wanted.tape
    assert (first.status, first.body, first.breaks) == (200, b"data: x\n\n", False)
    assert first.headers == (("content-type", "text/event-stream"), ("x-codex-plan-type", "plusevil: 1"))
    assert (second.status, second.breaks) == (None, True)
    assert wanted.accounts_count == 1


@pytest.mark.parametrize(
    "unusable",
    [
        capsule(exchange=None),
        capsule(call(), question=kept("{", cut=True, end="}")),
        capsule(call(), target="/admin/accounts"),
        capsule(call(), target="http://elsewhere/v1/"),
        capsule(call(), target="/v1/../admin/accounts"),
        capsule(record={"failure": "no_account"}),
        capsule(call(), record={"aborted": True}),
        capsule(vendor_call()),
        capsule(vendor_call(row_id="another"), vendor_keys=[asked_key()]),
    ],
)
def test_what_cannot_be_played_says_why(unusable: Capsule) -> None:
    with pytest.raises(CapsuleUnusable):
        replayed(unusable)


def test_answers_that_were_cut_cannot_be_played() -> None:
    reply = msgspec.structs.replace(call().reply, body=kept("x", cut=True))
    with pytest.raises(CapsuleUnusable, match=r"upstream call 2 .*logs\.max_body_bytes"):
        replayed(capsule(call(), msgspec.structs.replace(call(), reply=reply)))


def test_every_key_has_its_tape_in_the_order_of_asking() -> None:
    played = capsule(
        call("first", account_id="a"),
        vendor_call("second", row_id="k2"),
        vendor_call("third", row_id="k1"),
        record=attempts("a", "k2", "k1"),
        vendor_keys=[asked_key("k1"), asked_key("k2")],
    )
    wanted = replayed(played)
    assert [reply.body for reply in wanted.tape] == [b"first"]
    told = [(each.key.row_id, [reply.body for reply in each.tape]) for each in wanted.vendor_keys]
    assert told == [("k2", [b"second"]), ("k1", [b"third"])]
    assert wanted.accounts_count == 1
    assert [each.account_id for each in vendor_calls(played)] == ["k2", "k1"]


def test_where_vendors_alone_took_part_there_are_no_accounts() -> None:
    assert replayed(capsule(vendor_call(), record=attempts("k1"), vendor_keys=[asked_key()])).accounts_count == 0
    assert replayed(capsule(record=attempts(), vendor_keys=[asked_key()])).accounts_count == 0


def test_the_bridge_is_asked_where_it_was_asked() -> None:
    assert replayed(capsule(call(), target="/api/chat")).asks_bridge
    assert not replayed(capsule(call())).asks_bridge


def test_the_status_goes_first_where_a_failure_came_late() -> None:
    late = {"status": 200, "failure": "timeout", "ttftMs": None}
    assert replayed(capsule(call(), record=late)).status_first
    for soon in ({"status": 502}, {"failure": None}, {"ttftMs": 3.0}):
        assert not replayed(capsule(call(), record=late | soon)).status_first


def test_routes_lead_to_vendors_that_took_part() -> None:
    config = {"model_routing": {"a*": "openai", "b": "mine", "c": "elsewhere", "d": 7}}
    played = capsule(config=config, vendor_keys=[asked_key(), asked_key("k2", vendor="custom", name="mine")])
    assert replayed_routing(played) == {"a*": "openai", "b": "mine"}
    assert replayed_routing(capsule(config={"model_routing": "x"})) == {}


def test_accounts_are_as_many_as_took_part_and_never_many() -> None:
    many = attempts(*map(str, range(100)))
    assert replayed(capsule(call(), record=many)).accounts_count == MOST_ACCOUNTS
    assert replayed(capsule(call(), record={"attempts": "nonsense"})).accounts_count == 1


def test_settings_that_move_something_stay_behind() -> None:
    config = {
        "model.default": "m",
        "model.unheard_of": 1,
        "api.base_url": "http://evil",
        "tls.proxy_url": "http://evil",
        "images.fetch_remote": True,
        "server.host": "0.0.0.0",
    }
    allowed = frozenset(config) - {"model.unheard_of"}
    assert replayed_config(capsule(config=config), allowed) == {"model.default": "m"}
