"""Free-text tools for vendors that have none: functions with one text member.

Rules of this file: pure; the way back is each dialect's own.
"""

from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.tools import CustomTool

MEMBER: Final = "input"
PARAMETERS: Final[JsonObject] = {
    "type": "object",
    "properties": {MEMBER: {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": [MEMBER],
    "additionalProperties": False,
}


def told_as_function(tool: CustomTool) -> str:
    """The description of the function that stands for the tool."""
    words = [tool.description, f"Put the tool's whole input, as plain text, into the member `{MEMBER}`."]
    if tool.grammar is not None:
        words.append(f"The input must match this {tool.grammar.syntax} grammar:\n{tool.grammar.definition}")
    return "\n\n".join(filter(None, words))
