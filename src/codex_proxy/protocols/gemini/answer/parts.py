"""Parts of an answer's content, one function each, for streamed and unstreamed answers alike."""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.json_text import decode_value

EMPTY_TEXT: Final[JsonObject] = {"text": ""}


def text_part(text: str, *, thought: bool = False) -> JsonObject:
    """Text, or a thought."""
    return {"text": text, "thought": True} if thought else {"text": text}


def signed(part: JsonObject, signature: str | None) -> JsonObject:
    """The part with its thought signature, if it has one."""
    return part if signature is None else {**part, "thoughtSignature": signature}


def picture_part(item: JsonObject) -> JsonObject | None:
    """A generated picture; None while there is none."""
    result = item.get("result")
    if not isinstance(result, str) or not result:
        return None
    form = item.get("output_format")
    media_type = f"image/{form}" if isinstance(form, str) and form else "image/png"
    return {"inlineData": {"mimeType": media_type, "data": result}}


def code_parts(item: JsonObject) -> list[JsonObject]:
    """Code that the upstream ran, and what it printed."""
    code = item.get("code")
    parts: list[JsonObject] = []
    if isinstance(code, str):
        parts.append({"executableCode": {"language": "PYTHON", "code": code}})
    outputs: Any = item.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        logs = output.get("logs") if isinstance(output, dict) else None
        if isinstance(logs, str):
            failed = item.get("status") in {"failed", "incomplete"}
            outcome = "OUTCOME_FAILED" if failed else "OUTCOME_OK"
            parts.append({"codeExecutionResult": {"outcome": outcome, "output": logs}})
    return parts


def bare_text(text: str) -> str:
    """The string that a JSON string says, for ``text/x.enum``; any other text as it is."""
    if not text.lstrip().startswith('"'):
        return text
    try:
        value = decode_value(text.encode())
    except (InvalidRequest, UnicodeEncodeError):
        return text
    return value if isinstance(value, str) else text
