"""How answers end."""

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolCall
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.gemini.answer.finish import blocked_prompt, finish_members, is_blocked

BAD = ToolCall(call_id="c", name="f", arguments="{")


@pytest.mark.parametrize(
    ("ending", "malformed", "members"),
    [
        (ev.Completed(), None, {"finishReason": "STOP"}),
        (ev.Completed(stop_sequence="END"), None, {"finishReason": "STOP"}),
        (ev.Incomplete(reason="max_output_tokens"), None, {"finishReason": "MAX_TOKENS"}),
        (ev.Incomplete(reason="content_filter"), None, {"finishReason": "SAFETY"}),
        (ev.Incomplete(reason="steered"), None, {"finishReason": "OTHER", "finishMessage": "steered"}),
        (ev.Incomplete(reason="max_output_tokens"), BAD, {"finishReason": "MAX_TOKENS"}),
        (
            ev.Completed(),
            BAD,
            {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "Malformed function call: f({)"},
        ),
    ],
)
def test_reasons(ending: ev.Completed | ev.Incomplete, malformed: ToolCall | None, members: JsonObject) -> None:
    assert finish_members(ending, malformed) == members


def test_a_refused_prompt() -> None:
    failure = Failure(kind=FailureKind.POLICY, message="no")
    assert is_blocked(failure)
    assert not is_blocked(Failure(kind=FailureKind.INVALID_REQUEST, message="no"))
    assert blocked_prompt(failure) == {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "no"}
