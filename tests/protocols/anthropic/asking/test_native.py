import copy
from typing import Any

from codex_proxy.protocols.anthropic.asking.native import lacks_thought, native_messages
from codex_proxy.protocols.parts.signatures import seal

OWN = {"type": "thinking", "thinking": "T", "signature": "EuwJ", "future": 1}
OURS = {"type": "thinking", "thinking": "T", "signature": seal("responses", "rs_1", "gAAAA")}
CALL = {"type": "tool_use", "id": "c", "name": "f", "input": {}, "cache_control": {"type": "ephemeral"}}
ANSWER = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c"}]}


def said(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def told(*messages: Any, drop: bool = False) -> tuple[list[Any], int]:
    before = copy.deepcopy(messages)
    made, notes = native_messages(list(messages), drop_reasoning=drop)
    assert messages == before
    return made, len(notes)


def test_what_is_the_vendors_own_stays_byte_for_byte() -> None:
    unsigned = {"type": "thinking", "thinking": "T", "signature": ""}
    messages = ({"role": "user", "content": "hi"}, said(OWN, unsigned, CALL), ANSWER, 7)
    assert told(*messages) == (list(messages), 0)


def test_thoughts_of_other_upstreams_are_taken_out() -> None:
    assert told(said(OURS, CALL)) == ([said(CALL)], 1)
    assert told(said(OURS)) == ([], 1)


def test_thoughts_that_we_sealed_for_the_vendor_are_opened() -> None:
    sealed = OWN | {"signature": seal("anthropic", None, "EuwJ")}
    redacted = {"type": "redacted_thinking", "data": seal("anthropic", None, "Eqk=")}
    assert told(said(sealed, redacted)) == ([said(OWN, {"type": "redacted_thinking", "data": "Eqk="})], 0)


def test_no_thought_goes_where_thoughts_were_refused() -> None:
    assert told(said(OWN, CALL), drop=True) == ([said(CALL)], 1)


def test_whether_the_calls_being_answered_lack_a_thought() -> None:
    assert lacks_thought([said(CALL), ANSWER])
    assert lacks_thought([said(CALL), ANSWER, {"role": "system", "content": "x"}])
    assert not lacks_thought([said(OWN, CALL), ANSWER])
    assert not lacks_thought([said(CALL), ANSWER, said({"type": "text"}), {"role": "user", "content": "x"}])
    assert not lacks_thought([])
