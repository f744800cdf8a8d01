"""The edge of a scenario."""

import msgspec
import pytest

from codex_proxy.simulator.sections.edge import EdgeAnswer, EdgeSettings


def test_a_rule_says_what_is_answered_to_whom() -> None:
    told = msgspec.convert({"rules": [{"answer": "region", "via": "exit-a"}]}, EdgeSettings)
    assert (told.rules[0].answer, told.rules[0].via, told.rules[0].times) == (EdgeAnswer.REGION, "exit-a", None)


def test_a_rule_without_an_answer_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="answer"):
        msgspec.convert({"rules": [{"via": "exit-a"}]}, EdgeSettings)
