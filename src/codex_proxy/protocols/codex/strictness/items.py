"""What the backend refuses in input items.

Rules of this file: nothing is stored, so an item can only be told, never referred to; encrypted content must be the
backend's own, for this account; every call has one output and every output its call.  Source: replies quoted in public
reports; item forms from captures of Codex CLI 0.98 to 0.169.
"""

from collections.abc import Callable
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.codex.strictness.refusal import detail, error, invalid_type, invalid_value, too_long
from codex_proxy.protocols.codex.strictness.tools import check_name, check_tools

MAX_ID_CHARACTERS: Final = 64
ROLES: Final = ("assistant", "developer", "user")
ITEM_TYPES: Final = (
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "web_search_call",
    "file_search_call",
    "computer_call",
    "computer_call_output",
    "image_generation_call",
    "code_interpreter_call",
    "tool_search_call",
    "tool_search_output",
    "tool_search_call_output",
    "mcp_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "additional_tools",
    "agent_message",
    "configuration_update",
    "compaction",
    "compaction_trigger",
    "program",
    "program_output",
)
ID_PREFIXES: Final = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
}
_INPUT_PARTS: Final = ("input_text", "input_image", "input_file", "input_audio", "computer_screenshot", "summary_text")
_ANSWER_PARTS: Final = ("output_text", "refusal")
_PARTS: Final = {"assistant": _ANSWER_PARTS, "user": _INPUT_PARTS, "developer": _INPUT_PARTS}
_CALL_OF: Final = {
    "function_call_output": "function_call",
    "custom_tool_call_output": "custom_tool_call",
}
_CALL_TEXT: Final = {"function_call": "arguments", "custom_tool_call": "input"}
_OUTPUT_WORDS: Final = {"function_call": "function call", "custom_tool_call": "custom tool call"}


def check_items(items: list[Any], is_issued: Callable[[str], bool]) -> None:
    """Refuse the first illegal item.

    ``is_issued`` says whether encrypted content was given to this account.

    Raises:
        Refused: with the backend's reply.
    """
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise invalid_type(f"input[{index}]", "an object")
        _check_item(item, f"input[{index}]", is_issued)
    _check_pairs(items)


def _check_item(item: JsonObject, param: str, is_issued: Callable[[str], bool]) -> None:
    kind = item.get("type", "message")
    if kind == "item_reference":
        raise _not_found(item.get("id"))
    if not isinstance(kind, str) or kind not in ITEM_TYPES:
        raise invalid_value(f"{param}.type", kind, ITEM_TYPES)
    _check_id(item, kind, param)
    if kind == "message":
        _check_message(item, param)
    elif kind in {"reasoning", "compaction"}:
        _check_sealed(item, is_issued)
    elif kind in _CALL_TEXT:
        _check_call(item, kind, param)
    elif kind in _CALL_OF:
        _check_output(item, param)
    elif kind == "additional_tools":
        check_tools(item.get("tools"), f"{param}.tools")


def _check_id(item: JsonObject, kind: str, param: str) -> None:
    item_id = item.get("id")
    if item_id is None:
        return
    if not isinstance(item_id, str):
        raise invalid_type(f"{param}.id", "a string")
    if len(item_id) > MAX_ID_CHARACTERS:
        raise too_long(f"{param}.id", MAX_ID_CHARACTERS, len(item_id))
    prefix = ID_PREFIXES.get(kind, "")
    if not item_id.startswith(prefix):
        raise error(
            f"Invalid '{param}.id': '{item_id}'. Expected an ID that begins with '{prefix}'.",
            code="invalid_value",
            param=f"{param}.id",
        )


def _check_message(item: JsonObject, param: str) -> None:
    role, content = item.get("role"), item.get("content")
    if role == "system":
        raise detail("System messages are not allowed")
    if role not in ROLES:
        raise invalid_value(f"{param}.role", role, ROLES)
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise invalid_type(f"{param}.content", "a string or an array of objects")
    for index, part in enumerate(content):
        _check_part(part, f"{param}.content[{index}]", _PARTS[role])


def _check_part(part: Any, param: str, kinds: tuple[str, ...]) -> None:
    if not isinstance(part, dict):
        raise invalid_type(param, "an object")
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise invalid_value(f"{param}.type", kind, kinds)
    if "prompt_cache_breakpoint" in part:
        raise detail("Unsupported parameter: prompt_cache_breakpoint")
    if kind in {"input_text", "output_text"} and not isinstance(part.get("text"), str):
        raise invalid_type(f"{param}.text", "a string")
    if kind == "input_image" and not _is_picture(part):
        raise error(
            f"Invalid '{param}.image_url'. Expected a valid URL, but got a value with an invalid format.",
            code="invalid_value",
            param=f"{param}.image_url",
        )


def _is_picture(part: JsonObject) -> bool:
    url = part.get("image_url")
    if url is None:
        return isinstance(part.get("file_id"), str)
    if not isinstance(url, str):
        return False
    return url.startswith(("https://", "http://")) or (url.startswith("data:image/") and ";base64," in url[:200])


def _check_sealed(item: JsonObject, is_issued: Callable[[str], bool]) -> None:
    sealed = item.get("encrypted_content")
    if sealed is None:
        if item.get("id") is not None:
            raise _not_found(item["id"])
        return
    if not isinstance(sealed, str) or not is_issued(sealed):
        shown = f"{str(sealed)[:8]}..."
        raise error(
            f"The encrypted content {shown} could not be verified. "
            "Reason: Encrypted content could not be decrypted or parsed.",
            code="invalid_encrypted_content",
        )


def _check_call(item: JsonObject, kind: str, param: str) -> None:
    check_name(item.get("name"), f"{param}.name")
    _check_call_id(item, param)
    if not isinstance(item.get(_CALL_TEXT[kind]), str):
        raise invalid_type(f"{param}.{_CALL_TEXT[kind]}", "a string")


def _check_output(item: JsonObject, param: str) -> None:
    _check_call_id(item, param)
    output = item.get("output")
    if isinstance(output, str):
        return
    if not isinstance(output, list):
        raise invalid_type(f"{param}.output", "a string or an array of objects")
    for index, part in enumerate(output):
        _check_part(part, f"{param}.output[{index}]", _INPUT_PARTS)


def _check_call_id(item: JsonObject, param: str) -> None:
    call_id = item.get("call_id")
    if not isinstance(call_id, str) or not call_id:
        raise error(
            f"Missing required parameter: '{param}.call_id'.",
            code="missing_required_parameter",
            param=f"{param}.call_id",
        )
    if len(call_id) > MAX_ID_CHARACTERS:
        raise too_long(f"{param}.call_id", MAX_ID_CHARACTERS, len(call_id))


def _check_pairs(items: list[JsonObject]) -> None:
    open_calls: dict[tuple[str, str], None] = {}
    for item in items:
        kind = item.get("type", "message")
        if kind in _CALL_TEXT:
            open_calls[kind, item["call_id"]] = None
        elif kind in _CALL_OF:
            call = (_CALL_OF[kind], item["call_id"])
            if call not in open_calls:
                words = _OUTPUT_WORDS[call[0]]
                raise error(f"No tool call found for {words} output with call_id {call[1]}.", param="input")
            del open_calls[call]
    for kind, call_id in open_calls:
        raise error(f"No tool output found for {_OUTPUT_WORDS[kind]} {call_id}.", param="input")


def _not_found(item_id: object) -> Exception:
    return error(
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input.",
        param="input",
        status=404,
    )
