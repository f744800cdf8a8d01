"""Scenarios for real clients: a loop whose answer proves that tool results travelled, and the faults clients meet."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

Rule: TypeAlias = dict[str, Any]

ASK: Final = "Read the files."
WHOLE: Final = "All is well again."
HALF: Final = "This is only half"
BREAK_AT: Final = "half"
_MARK: Final = "nonce-"
_PROOF: Final = "{% for output in tool_outputs %}{{ output.split('nonce-')[1][:32] | sha256 }} {% endfor %}"


def nonce() -> str:
    """What no script knows: 32 characters after a mark that scripts look for."""
    return f"{_MARK}{secrets.token_hex(16)}"


def proof(nonces: Iterable[str]) -> str:
    """What the script can only say if it was given these nonces, in this order."""
    return " ".join(hashlib.sha256(one.removeprefix(_MARK).encode()).hexdigest() for one in nonces)


def written(folder: Path) -> dict[Path, str]:
    """Two files in a folder, each with a nonce."""
    files = {folder / name: nonce() for name in ("one.txt", "two.txt")}
    for path, content in files.items():
        path.write_text(content + "\n")
    return files


def loop(call: Callable[[Path], Rule], files: Iterable[Path]) -> list[Rule]:
    """Thinks, reads all files at once, and then answers with the hashes of what the tools gave."""
    steps = [{"reasoning": ["Looking into the files"]}, {"calls": [call(path) for path in files]}]
    return [
        {"when": {"has_tool_output": False, "contains": ASK}, "steps": steps},
        {"when": {"has_tool_output": True}, "steps": [{"text": _PROOF}]},
    ]


def rewriting(name: str) -> list[Rule]:
    """Answers a prompt that shows a file with its new content, for agents that edit files by themselves."""
    digest = "{{ (body.input | string).split('nonce-')[1][:32] | sha256 }}"
    return [{"steps": [{"text": f"{name}\n```\n{digest}\n```\n"}]}]


def once(fault: Rule) -> list[Rule]:
    """The first request meets a fault, every later one is answered."""
    return [{"when": {"request": 1}} | fault, *FINE]


FINE: Final[list[Rule]] = [{"steps": [{"text": WHOLE}]}]
LIMITED: Final = once(
    {
        "reply": {
            "status": 429,
            "body": {"error": {"type": "rate_limit_exceeded", "code": "rate_limit_exceeded", "message": "slow down"}},
            "headers": {"retry-after": "2"},
        }
    }
)
"""No account is left for two seconds; whoever asks earlier is refused again, which shows who heeds ``Retry-After``."""
OVERLOADED: Final = once(
    {"reply": {"status": 503, "body": {"error": {"code": "server_is_overloaded", "message": "full"}}}}
)
BROKE: Final = "An error occurred while processing your request. You can retry your request."
BROKEN: Final = once({"steps": [{"text": HALF}, {"error": {"code": "server_error", "message": BROKE}}]})
"""An error inside the stream, in the backend's own words."""
CUT: Final = once({"steps": [{"text": HALF}, {"cut": True}]})
"""The backend hangs up; clients are told of it inside their stream."""
SLOW: Final = once({"steps": [{"text": HALF}, {"delay_ms": 300}, {"text": "the rest"}]})
"""Time enough to break the connection to the client at ``BREAK_AT``."""
