"""Refusals of input items."""

from typing import Any

import pytest

from tests.protocols.codex.strictness.ground import HELLO, body, refusal_of

CALL = {"type": "function_call", "name": "look", "call_id": "c", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "seen"}
PATCH = {"type": "custom_tool_call", "name": "patch", "call_id": "p", "input": "x"}
PATCHED = {"type": "custom_tool_call_output", "call_id": "p", "output": [{"type": "input_text", "text": "ok"}]}


@pytest.mark.parametrize(
    "items",
    [
        [HELLO, CALL, OUTPUT],
        [HELLO, PATCH, CALL, OUTPUT, PATCHED],
        [{"role": "user", "content": "short form"}],
        [HELLO, {"type": "reasoning", "summary": [], "encrypted_content": "mine"}],
        [{"role": "assistant", "content": [{"type": "output_text", "text": "x"}]}],
        [{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,aGk="}]}],
    ],
)
def test_legal_items_are_accepted(items: list[dict[str, Any]]) -> None:
    assert refusal_of(body(input=items)) is None


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([HELLO, CALL], "No tool output found for function call c."),
        ([HELLO, OUTPUT], "No tool call found for function call output with call_id c."),
        ([HELLO, PATCH], "No tool output found for custom tool call p."),
        ([CALL, OUTPUT, OUTPUT], "No tool call found for function call output with call_id c."),
        ([{"role": "system", "content": "x"}], "System messages are not allowed"),
        ([{"role": "king", "content": "x"}], "Invalid value: 'king'."),
        ([{"type": "dance"}], "Invalid value: 'dance'."),
        ([{"type": ["odd"]}], "Invalid value"),
        ([{"role": "user", "content": [{"type": {}}]}], "Invalid value"),
        ([{"role": "user", "content": [{"type": "output_text", "text": "x"}]}], "Invalid value: 'output_text'."),
        ([{"role": "user", "content": [{"type": "input_image", "image_url": "nope"}]}], "Invalid 'input[0].content[0]"),
        ([{"type": "reasoning", "encrypted_content": "theirs"}], "The encrypted content theirs... could not be"),
        ([{"type": "reasoning", "id": "rs_1"}], "Item with id 'rs_1' not found."),
        ([{"type": "item_reference", "id": "msg_1"}], "Item with id 'msg_1' not found."),
        ([{"role": "user", "content": "x", "id": "x_1"}], "Invalid 'input[0].id': 'x_1'."),
        ([CALL | {"call_id": "c" * 65}], "Invalid 'input[0].call_id': string too long."),
        ([CALL | {"name": "a.b"}], "Invalid 'input[0].name': string does not match pattern."),
        ([7], "Invalid type for 'input[0]'"),
    ],
)
def test_illegal_items_are_refused(items: list[Any], message: str) -> None:
    refused = refusal_of(body(input=items))
    assert refused is not None
    assert refused[1].startswith(message)
