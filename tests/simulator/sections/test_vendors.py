"""Which rule answers which call."""

from typing import Any

import msgspec
import pytest

from codex_proxy.simulator.sections.vendors import (
    USUAL_VENDORS,
    RawAnswer,
    VendorRule,
    VendorSettings,
    VendorWhen,
    Wire,
)
from codex_proxy.simulator.unscripted.facts import Facts


def facts(**changes: Any) -> Facts:
    known: dict[str, Any] = {
        "account_id": "k",
        "model": "m",
        "request_number": 1,
        "last_user_text": "hello there",
        "tool_outputs": (),
        "images": (),
        "tools": (),
        "body": {},
        "endpoint": "chat/completions",
    }
    return Facts(**known | changes)


@pytest.mark.parametrize(
    "when",
    [
        {"key": "l"},
        {"request": 2},
        {"model": "n"},
        {"contains": "bye"},
        {"matches": "^there"},
        {"has_tool_output": True},
        {"stream": True},
        {"endpoint": "responses"},
    ],
)
def test_every_member_has_to_fit(when: dict[str, Any]) -> None:
    fitting = VendorWhen(
        key="k",
        request=1,
        model="m",
        contains="hello",
        matches="there$",
        has_tool_output=False,
        stream=False,
        endpoint="chat/completions",
    )
    assert fitting.fits(facts(), stream=False)
    assert VendorWhen().fits(facts(), stream=True)
    assert not msgspec.structs.replace(fitting, **when).fits(facts(), stream=False)


def test_the_first_rule_that_fits_and_may_answers() -> None:
    rules = msgspec.convert(
        [
            {"name": "other", "when": {"key": "l"}, "refusal": {"status": 401}},
            {"name": "words", "steps": [{"text": "hi"}]},
            {"name": "lists", "when": {"endpoint": "models"}, "reply": {"status": 200}},
            {"name": "all", "drop": True},
        ],
        list[VendorRule],
    )
    settings = VendorSettings(rules=rules)

    def name(*, in_words: bool, **changes: Any) -> str | None:
        rule = settings.rule_for(facts(**changes), stream=False, in_words=in_words)
        return None if rule is None else rule.name

    assert name(in_words=True) == "words"
    assert name(in_words=True, account_id="l") == "other"
    assert name(in_words=False, endpoint="models") == "lists"
    assert name(in_words=False, endpoint="embeddings") == "all"
    assert VendorSettings().rule_for(facts(), stream=False, in_words=True) is None


def test_what_a_rule_answers_with() -> None:
    assert VendorRule().answers == []
    both = VendorRule(drop=True, raw=RawAnswer())
    assert (both.answers, both.answers_everything) == (["raw", "drop"], True)


def test_raw_bytes_are_base64_in_yaml() -> None:
    raw = msgspec.convert({"body": "one", "chunks": ["AP8=", "dHdv"]}, RawAnswer)
    assert raw.pieces == [b"one", b"\x00\xff", b"two"]
    assert RawAnswer().pieces == []


def test_one_vendor_for_each_dialect() -> None:
    assert {name: settings.wires for name, settings in USUAL_VENDORS.items()} == {wire.value: (wire,) for wire in Wire}
