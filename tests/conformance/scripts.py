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
RETRY_AFTER: Final = "3"
_MARK: Final = "nonce-"
_PROOF: Final = "{% for output in tool_outputs %}{{ output.split('nonce-')[1][:32] | sha256 }} {% endfor %}"


def nonce() -> str:
    """What no script knows: 32 characters after a mark that scripts look for."""
    return f"{_MARK}{secrets.token_hex(16)}"


def proof(nonces: Iterable[str]) -> set[str]:
    """Words that the script can only say if it was given these nonces; agents tell results in any order."""
    return {hashlib.sha256(one.removeprefix(_MARK).encode()).hexdigest() for one in nonces}


def read_back(body: dict[str, Any], files: Iterable[Path]) -> dict[Path, str]:
    """The nonce that the backend was told for each file, by the call that asked for it."""
    items = body["input"]
    outputs = {item["call_id"]: str(item["output"]) for item in items if item["type"] == "function_call_output"}
    called = {
        path: item for item in items if item["type"] == "function_call" for path in files if str(path) in str(item)
    }
    return {path: _MARK + outputs[call["call_id"]].partition(_MARK)[2][:32] for path, call in called.items()}


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
            "headers": {"retry-after": RETRY_AFTER},
        }
    }
)
"""No account is left for that long, and whoever asks earlier is refused again.  The clients' own first pauses are about
two seconds at most, so one more request that is served shows that ``Retry-After`` was heeded; Gemini CLI pauses for
five whatever it is told."""
OVERLOADED: Final = once(
    {"reply": {"status": 503, "body": {"error": {"code": "server_is_overloaded", "message": "full"}}}}
)
BROKE: Final = "An error occurred while processing your request. You can retry your request."
BROKEN: Final = once({"steps": [{"text": HALF}, {"error": {"code": "server_error", "message": BROKE}}]})
"""An error inside the stream.  opencode over Messages tries again only where the words say that it may help."""
FAILED: Final = once({"steps": [{"text": HALF}, {"failed": {"code": "server_error", "message": BROKE}}]})
"""The same, as the backend tells it of an answer that it had begun."""
CUT: Final = once({"steps": [{"text": HALF}, {"cut": True}]})
"""The backend hangs up; clients are told of it inside their stream."""
SLOW: Final = once({"steps": [{"text": HALF}, {"delay_ms": 300}, {"text": "the rest"}]})
"""Time enough to break the connection to the client at ``BREAK_AT``."""
