"""A ground to judge bodies on, and the refusal of one."""

import json
from typing import Any

from codex_proxy.protocols.codex.strictness.body import Ground, check_body
from codex_proxy.protocols.codex.strictness.refusal import Refused

GROUND = Ground(efforts={"gpt-5.4": ("low", "high")}, is_issued=lambda sealed: sealed == "mine")
HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


def body(**changes: Any) -> dict[str, Any]:
    members = {"model": "gpt-5.4", "stream": True, "store": False, "input": [HELLO]} | changes
    return {name: value for name, value in members.items() if value is not ...}


def refusal_of(members: dict[str, Any]) -> tuple[int, str] | None:
    """Status and message of the refusal, None where the body is accepted."""
    try:
        check_body(members, GROUND)
    except Refused as refused:
        told = json.loads(refused.reply.body)
        return refused.reply.status, told["detail"] if "detail" in told else told["error"]["message"]
    return None
