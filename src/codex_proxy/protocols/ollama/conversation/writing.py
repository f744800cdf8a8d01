"""Turns as Ollama messages for a server.

Rules of this file: a message has one text and pictures after it, so a text behind a picture begins a new message; the
calls of one answer stand in one assistant message, their results follow at once, and pictures that a tool gave back
come as a user message after all results of the group.  What the server cannot read is refused if it is content, and
noted if it is not.
"""

from typing import Final, assert_never

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    DataSource,
    File,
    Hosted,
    Image,
    JsonObject,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.ollama.schema import OllamaProfile, arguments_object
from codex_proxy.protocols.parts.asking.nested import put_back

_SEPARATOR: Final = "\n\n"
_INSTRUCTION_ROLES: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})
_SEE_BELOW: Final = "(The result is in the user message after the tool results.)"


def write_messages(request: Request, profile: OllamaProfile) -> tuple[list[JsonObject], list[Note]]:
    """The conversation as the server's messages.

    Raises:
        Unsupported: a block holds content that the server cannot read.
    """
    writer = _Writer(profile, own=request.dialect is Dialect.OLLAMA)
    if request.instructions:
        writer.messages.append({"role": "system", "content": request.instructions})
    for index, turn in enumerate(request.turns):
        writer.write(turn, f"messages[{index}]")
    writer.flush()
    return writer.messages, writer.notes


class _Writer:
    def __init__(self, profile: OllamaProfile, *, own: bool) -> None:
        self.messages: list[JsonObject] = []
        self.notes: list[Note] = []
        self._profile = profile
        self._own = own  # the client speaks this dialect: members without a meaning here go on to the server
        self._assistant: JsonObject | None = None
        self._names: dict[str, str] = {}
        self._later: list[tuple[str, str]] = []  # (call id, picture)

    def write(self, turn: Turn, path: str) -> None:
        if turn.role is Role.ASSISTANT:
            self._write_assistant(turn, path)
        elif turn.role in _INSTRUCTION_ROLES:
            self._write_instructions(turn, path)
        else:
            self._write_user_or_tool(turn, path)
        if turn.name is not None:
            self.notes.append(Note(path=f"{path}.name", verdict=Verdict.DROPPED, detail="messages have no name"))

    def flush(self) -> None:
        """Write what waits for more of its kind."""
        if self._assistant is not None:
            self.messages.append(self._assistant)
            self._assistant = None
        later, self._later = self._later, []
        for call_id, picture in later:
            label = f"Result of tool call {call_id}:"
            self.messages.append({"role": "user", "content": label, "images": [picture]})

    def _write_instructions(self, turn: Turn, path: str) -> None:
        self.flush()
        texts = [block.text for block in turn.blocks if isinstance(block, Text)]
        for index, block in enumerate(turn.blocks):
            if not isinstance(block, Text):
                self._note(f"{path}.content[{index}]", Verdict.DROPPED, "instructions are text")
        self.messages.append({"role": "system", "content": _SEPARATOR.join(texts), **self._extra(turn)})

    def _write_assistant(self, turn: Turn, path: str) -> None:
        speaks = any(isinstance(block, Text | Refusal) for block in turn.blocks)
        waiting = self._assistant
        if waiting is None or self._later or (speaks and waiting["content"]):
            self.flush()
            waiting = self._assistant = {"role": "assistant", "content": ""}
        for index, block in enumerate(turn.blocks):
            self._write_answer(waiting, block, f"{path}.content[{index}]")
        waiting |= self._extra(turn)

    def _write_answer(self, message: JsonObject, block: Block, path: str) -> None:
        match block:
            case Text() | Refusal():
                message["content"] += block.text
            case Thinking():
                self._echo(message, block, path)
            case ToolCall():
                message.setdefault("tool_calls", []).append(self._write_call(block, path))
            case Image() if self._own:
                message.setdefault("images", []).append(self._picture(block, path))
            case Image() | File() | Audio():
                raise Unsupported(path, "the server reads no media in an assistant message")
            case ToolResult():
                raise Unsupported(path, "a tool result cannot stand in an assistant message")
            case Hosted(retold=words) if words:
                message["content"] += words
                self.notes.append(Note(path=path, verdict=Verdict.APPROXIMATED, detail=f"{block.kind} is retold"))
            case Hosted():
                self._note(path, Verdict.DROPPED, f"the server does not know {block.kind}")
            case Opaque():
                self._note(path, Verdict.DROPPED, "has no meaning for the server")
            case _:
                assert_never(block)

    def _echo(self, message: JsonObject, block: Thinking, path: str) -> None:
        words = _SEPARATOR.join(block.summary or block.content)
        if words and self._profile.echo_thinking:
            message["thinking"] = f"{message['thinking']}{_SEPARATOR}{words}" if "thinking" in message else words
        elif words:
            self.notes.append(Note(path=path, verdict=Verdict.DROPPED, detail="the server takes no thoughts"))

    def _write_call(self, call: ToolCall, path: str) -> JsonObject:
        self._names[call.call_id] = call.name
        arguments, written = arguments_object(call.arguments, call.kind)
        if not written:
            self._note(f"{path}.arguments", Verdict.APPROXIMATED, "no JSON object")
        made = {"type": "function", "id": call.call_id, "function": {"name": call.name, "arguments": arguments}}
        return put_back(made, call.extra) if self._own else made

    def _write_user_or_tool(self, turn: Turn, path: str) -> None:
        message: JsonObject | None = None
        for index, block in enumerate(turn.blocks):
            where = f"{path}.content[{index}]"
            if isinstance(block, ToolResult):
                self._write_result(block, where, turn)
                continue
            if message is None or (isinstance(block, Text) and "images" in message):
                self.flush()
                message = {"role": "user", "content": "", **self._extra(turn)}
                self.messages.append(message)
            self._write_part(message, block, where)

    def _write_part(self, message: JsonObject, block: Block, path: str) -> None:
        match block:
            case Text() | Refusal():
                said = message["content"]
                message["content"] = f"{said}{_SEPARATOR}{block.text}" if said else block.text
            case Image():
                message.setdefault("images", []).append(self._picture(block, path))
            case File():
                raise Unsupported(path, "the server reads no files")
            case Audio():
                raise Unsupported(path, "the server reads no sound")
            case Thinking() | ToolCall() | ToolResult() | Hosted() | Opaque():
                self._note(path, Verdict.DROPPED, "cannot stand in a user message")
            case _:
                assert_never(block)

    def _write_result(self, result: ToolResult, path: str, turn: Turn) -> None:
        if self._assistant is not None:
            self.messages.append(self._assistant)
            self._assistant = None
        texts: JsonObject = {"content": ""}
        for index, part in enumerate(result.parts):
            self._write_part(texts, part, f"{path}.content[{index}]")
        pictures = texts.get("images", [])
        self._later.extend((result.call_id, picture) for picture in pictures)
        message: JsonObject = {"role": "tool", "content": texts["content"] or (_SEE_BELOW if pictures else "")}
        name = result.name or self._names.get(result.call_id)
        if name is not None:
            message["tool_name"] = name
        self.messages.append({**message, "tool_call_id": result.call_id, **self._extra(turn)})

    def _picture(self, image: Image, path: str) -> str:
        if not self._profile.images:
            raise Unsupported(path, "the server reads no pictures")
        if not isinstance(image.source, DataSource):
            raise Unsupported(path, "the server fetches no pictures; send the data")
        if image.detail is not None:
            self.notes.append(Note(path=f"{path}.detail", verdict=Verdict.DROPPED, detail="has no form here"))
        return image.source.data

    def _extra(self, turn: Turn) -> JsonObject:
        return turn.extra if self._own else {}

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))
