"""What of a capsule is played again."""

import msgspec
import pytest

from codex_proxy.operations.capsules.capsule import Capsule, CapsuleUnusable, Trouble
from codex_proxy.operations.capsules.replay import MOST_ACCOUNTS, replayed, replayed_config
from tests.operations.capsules.samples import QUESTION, call, capsule, kept


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
    ],
)
def test_what_cannot_be_played_says_why(unusable: Capsule) -> None:
    with pytest.raises(CapsuleUnusable):
        replayed(unusable)


def test_vendors_and_cut_answers_cannot_be_played() -> None:
    vendors = msgspec.structs.replace(
        call(), request=msgspec.structs.replace(call().request, target="http://v/v1/chat")
    )
    reply = msgspec.structs.replace(call().reply, body=kept("x", cut=True))
    for each in (vendors, msgspec.structs.replace(call(), reply=reply)):
        with pytest.raises(CapsuleUnusable):
            replayed(capsule(each))


def test_accounts_are_as_many_as_took_part_and_never_many() -> None:
    attempts = [{"accountId": str(number)} for number in range(100)]
    assert replayed(capsule(call(), record={"attempts": attempts})).accounts_count == MOST_ACCOUNTS
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
