"""Why a request went where it went."""

import msgspec
import pytest

from codex_proxy.accounts.choice.explanation import Choice, PassedOver
from codex_proxy.accounts.choice.need import Basis, Need
from codex_proxy.operations.accounts.explaining import NotExplained
from tests.operations.accounts.household import A, B, C, Household
from tests.operations.login.stage import NOW


async def test_choices_are_told_with_the_names_of_accounts() -> None:
    house = Household()
    await house.add(A, label="mine")
    await house.add(B)
    need = Need(model="gpt-5.4", conversation=("key", "what the client wrote"), client_key_id="key", is_continued=True)
    passed = (PassedOver(row_id=B, reason="limited", until=NOW), PassedOver(row_id=C, reason="disabled"))
    choice = Choice(
        at=NOW, pool_version=3, chosen=A, basis=Basis.HOME, passed_over={"limited": 1, "disabled": 1}, details=passed
    )
    nobody = Choice(at=NOW, pool_version=3, chosen=None, basis=None, passed_over={}, waited_seconds=1.23456)
    house.explanations.keep("req_1", need, choice)
    house.explanations.keep("req_1", need, nobody)
    told = msgspec.to_builtins(house.explaining.one("req_1"))
    first, second = told.pop("choices")
    assert told == {
        "request_id": "req_1",
        "model": "gpt-5.4",
        "bucket": "codex",
        "client_key_id": "key",
        "in_conversation": True,
        "is_continued": True,
        "bound_to": None,
    }
    assert (first["chosen"], first["chosen_name"], first["basis"]) == (A, "mine", "home")
    assert first["details"] == (
        {"account_id": B, "account_name": "bbbb@example.invalid", "reason": "limited", "until": first["at"]},
        {"account_id": C, "account_name": C, "reason": "disabled", "until": None},
    )
    assert (second["chosen"], second["chosen_name"], second["waited_seconds"]) == (None, None, 1.235)
    assert "what the client wrote" not in str(told) + str(first)


def test_a_request_that_nobody_knows() -> None:
    with pytest.raises(NotExplained, match="req_2"):
        Household().explaining.one("req_2")
