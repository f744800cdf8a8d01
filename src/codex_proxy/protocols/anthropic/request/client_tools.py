"""Tools that the client executes although it sends no schema for them: Anthropic's models know them by heart.

Rules of this file: pure data, written from the documented parameters of each tool; versions are recognised by prefix,
so that a newer date changes nothing.  Source: Anthropic tool documentation: bash, text editor, memory.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject


class ClientTool(msgspec.Struct, frozen=True, kw_only=True):
    """One such tool: the beginning of its type, what it does, and its parameters."""

    prefix: str
    description: str
    parameters: JsonObject


def _string(words: str) -> JsonObject:
    return {"type": "string", "description": words}


def _parameters(required: list[str], **properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_LINES: Final[JsonObject] = {
    "type": "array",
    "items": {"type": "integer"},
    "description": "First and last line to show, counted from 1; -1 as last line means the end of the file.",
}
_EDITOR: Final[JsonObject] = _parameters(
    ["command", "path"],
    command={"type": "string", "enum": ["view", "create", "str_replace", "insert"], "description": "What to do."},
    path=_string("Path of the file or folder."),
    file_text=_string("For create: the whole content of the new file."),
    old_str=_string("For str_replace: the text to replace, which must occur exactly once."),
    new_str=_string("For str_replace: the text to put in its place."),
    insert_line={"type": "integer", "description": "For insert: the line after which the text goes; 0 is the top."},
    insert_text=_string("For insert: the text to insert."),
    view_range=_LINES,
)

CLIENT_TOOLS: Final = (
    ClientTool(
        prefix="bash_",
        description="Run a command in a bash session that keeps its state between calls.",
        parameters=_parameters(
            [],
            command=_string("The command to run."),
            restart={"type": "boolean", "description": "True to restart the session instead of running a command."},
        ),
    ),
    ClientTool(
        prefix="text_editor_",
        description="View, create and edit text files.",
        parameters=_EDITOR,
    ),
    ClientTool(
        prefix="memory_",
        description="Keep notes between conversations in files below /memories.  Look there before starting a task.",
        parameters=_parameters(
            ["command"],
            command={
                "type": "string",
                "enum": ["view", "create", "str_replace", "insert", "delete", "rename"],
                "description": "What to do.",
            },
            path=_string("Path of the file or folder, below /memories."),
            view_range=_LINES,
            file_text=_string("For create: the whole content of the new file."),
            old_str=_string("For str_replace: the text to replace, which must occur exactly once."),
            new_str=_string("For str_replace: the text to put in its place."),
            insert_line={"type": "integer", "description": "For insert: the line after which the text goes."},
            insert_text=_string("For insert: the text to insert."),
            old_path=_string("For rename: the path to rename."),
            new_path=_string("For rename: the new path."),
        ),
    ),
)


def client_tool(kind: str) -> ClientTool | None:
    """The tool that a request's tool ``type`` means, None for all others."""
    return next((tool for tool in CLIENT_TOOLS if kind.startswith(tool.prefix)), None)
