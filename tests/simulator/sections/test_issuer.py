"""The issuer of a scenario."""

from typing import Any

import msgspec
import pytest

from codex_proxy.simulator.sections.issuer import CLIENT_ID, IssuerSettings, SpentTokens, TokenAnswer


def test_without_words_it_is_as_strict_as_the_real_one() -> None:
    usual = IssuerSettings()
    assert (usual.client_id, usual.spent_tokens, usual.auto, usual.faults) == (
        CLIENT_ID,
        SpentTokens.REFUSED,
        False,
        [],
    )
    assert (usual.device.interval_seconds, usual.device.lasts_seconds) == (5, 900)


def test_a_fault_spends_nothing_unless_told_to() -> None:
    told = msgspec.convert({"faults": [{"answer": "cut"}, {"answer": "cut", "spends": True}]}, IssuerSettings)
    assert [(fault.answer, fault.spends) for fault in told.faults] == [
        (TokenAnswer.CUT, False), (TokenAnswer.CUT, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"faults": [{"share": 2}]},
        {"faults": [{"when": {"token": "rt"}}]},
        {"spent_tokens": "sometimes"},
        {"device": {"pending_status": 200}},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, IssuerSettings)
