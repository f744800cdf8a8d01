"""Turns as chat messages for a vendor.

Rules of this file: what vendors insist on: the calls of one answer stand in one assistant message together with its
text, their results follow at once, and pictures that a tool gave back come as a user message after *all* results of
the group.  What the vendor cannot read is refused if it is content, and noted if it is not.
"""

from collections.abc import Callable
from typing import Any, Final, assert_never

import msgspec

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    DataSource,
    File,
    FileIdSource,
    Hosted,
    Image,
    JsonObject,
    MediaSource,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolKind,
    ToolResult,
    UrlSource,
)
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.openai_chat.asking.order import fitted_id, ordered
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.schema import ORIGIN
from codex_proxy.protocols.openai_chat.tokens import DETAILS, RESPONSES_FORM, detail_of
from codex_proxy.protocols.parts.asking.free_text import MEMBER
from codex_proxy.protocols.parts.asking.nested import put_back
from codex_proxy.protocols.parts.json_text import encode

_INSTRUCTION_ROLES: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})
_SEE_BELOW: Final = "(The result is in the user message after the tool results.)"


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What the conversation's words depend on beside the profile.

    ``rename`` makes names of tools fit, ``thinks`` says that the model will think, ``drop_reasoning`` leaves tokens of
    thoughts out, ``wish`` is an instruction to add behind those of the client.
    """

    rename: Callable[[str], str] = str
    thinks: bool = False
    drop_reasoning: bool = False
    wish: str | None = None


def write_messages(
    request: Request, profile: ChatProfile, telling: Telling | None = None
) -> tuple[list[JsonObject], list[Note]]:
    """The conversation as the vendor's messages.

    Raises:
        Unsupported: a block holds content that the vendor cannot read.
    """
    told = telling or Telling()
    writer = _Writer(profile, told, own=request.dialect is Dialect.OPENAI_CHAT)
    if request.instructions:
        writer.write_instructions(Turn(role=Role.SYSTEM, blocks=(Text(text=request.instructions),)), "instructions")
    for index, turn in enumerate(request.turns):
        writer.write(turn, f"messages[{index}]")
    writer.flush()
    messages = writer.messages if told.wish is None else _with_wish(writer.messages, told.wish)
    return ordered(messages, profile, writer.notes), writer.notes


def _with_wish(messages: list[JsonObject], wish: str) -> list[JsonObject]:
    """The messages with one more instruction behind the leading ones."""
    leading = next((place for place, told in enumerate(messages) if told["role"] != "system"), len(messages))
    return [*messages[:leading], {"role": "system", "content": wish}, *messages[leading:]]


class _Writer:
    def __init__(self, profile: ChatProfile, telling: Telling, *, own: bool) -> None:
        self.messages: list[JsonObject] = []
        self.notes: list[Note] = []
        self._profile = profile
        self._telling = telling
        self._own = own  # the client speaks this dialect: members without a meaning here go on to the vendor
        self._assistant: JsonObject | None = None
        self._images: list[JsonObject] = []

    def write(self, turn: Turn, path: str) -> None:
        if turn.role is Role.ASSISTANT:
            self._write_assistant(turn, path)
        elif turn.role in _INSTRUCTION_ROLES:
            self.write_instructions(turn, path)
        else:
            self._write_user_or_tool(turn, path)

    def write_instructions(self, turn: Turn, path: str) -> None:
        self.flush()
        keeps = self._profile.developer_role and turn.role is Role.DEVELOPER
        texts = [block for block in turn.blocks if isinstance(block, Text)]
        content: Any = "\n\n".join(block.text for block in texts)
        if any(map(self._extra, texts)) and not self._profile.single_system:
            content = [{"type": "text", "text": block.text, **self._extra(block)} for block in texts]
        self._drop_others(turn, path, Text)
        role = "developer" if keeps else "system"
        self.messages.append({"role": role, "content": content, **self._extra(turn)})

    def flush(self) -> None:
        """Write what waits for more of its kind."""
        self._flush_assistant()
        self._flush_images()

    def _write_assistant(self, turn: Turn, path: str) -> None:
        self._flush_images()
        if self._assistant is not None and not self._joins(turn):
            self.flush()
        message = self._assistant = self._assistant or {"role": "assistant", "content": None}
        for index, block in enumerate(turn.blocks):
            self._write_answer(message, block, f"{path}.content[{index}]")
        message |= self._extra(turn)

    def _joins(self, turn: Turn) -> bool:
        """Whether this turn belongs to the assistant message before it: whatever holds calls stays together."""
        speaks = any(isinstance(block, Text | Refusal) for block in turn.blocks)
        waiting = self._assistant or {}
        return not speaks or "tool_calls" in waiting or waiting.get("content") is None

    def _write_answer(self, message: JsonObject, block: Block, path: str) -> None:
        match block:
            case Text():
                message["content"] = (message["content"] or "") + block.text
            case Refusal():
                message["refusal"] = message.get("refusal", "") + block.text
            case Thinking():
                self._echo(message, block, path)
            case ToolCall():
                self._add_call(message, block, path)
            case Image() | File() | Audio():
                raise Unsupported(path, "the vendor reads no media in an assistant message")
            case ToolResult():
                raise Unsupported(path, "a tool result cannot stand in an assistant message")
            case Hosted(retold=words) if words:
                message["content"] = (message["content"] or "") + words
                self.notes.append(Note(path=path, verdict=Verdict.APPROXIMATED, detail=f"{block.kind} is retold"))
            case Hosted():
                self._note(path, Verdict.DROPPED, f"the vendor does not know {block.kind}")
            case Opaque():
                self._note(path, Verdict.DROPPED, "has no meaning for the vendor")
            case _:
                assert_never(block)

    def _add_call(self, message: JsonObject, call: ToolCall, path: str) -> None:
        if self._profile.tools:
            message.setdefault("tool_calls", []).append(put_back(self._write_call(call), self._extra(call)))
            return
        words = f"[called {call.name} with {call.arguments}]"
        message["content"] = "\n\n".join(filter(None, (message["content"], words)))
        self._note(path, Verdict.APPROXIMATED, "the vendor calls no tools; the call is retold")

    def _echo(self, message: JsonObject, block: Thinking, path: str) -> None:
        """The vendor's own thoughts, where it wants them back: in words (on turns with calls), or as its tokens."""
        words = "\n\n".join(block.summary or block.content)
        field = self._profile.reasoning_echo
        details = self._details(block, words) if self._profile.reasoning_details else []
        if details:
            message.setdefault(DETAILS, []).extend(details)
        if field is not None and words:
            message[field] = f"{message[field]}\n\n{words}" if field in message else words
        if not details and (block.signature is not None or (words and field is None)):
            self.notes.append(Note(path=path, verdict=Verdict.DROPPED, detail="the vendor takes no thoughts"))

    def _details(self, block: Thinking, words: str) -> list[JsonObject]:
        if self._telling.drop_reasoning:
            return []
        kept = block.extra.get(DETAILS)
        if self._own and isinstance(kept, list):
            return kept
        if block.signature is None or not (block.origin == ORIGIN or (self._own and block.origin is None)):
            return []
        form = {"format": RESPONSES_FORM} if block.origin is None else {}
        return [detail_of(block.signature, words, block.item_id) | form]

    def _write_user_or_tool(self, turn: Turn, path: str) -> None:
        content: list[JsonObject] = []
        for index, block in enumerate(turn.blocks):
            where = f"{path}.content[{index}]"
            if isinstance(block, ToolResult) and not self._profile.tools:
                content.extend(self._retold(block, where))
            elif isinstance(block, ToolResult):
                self._flush_assistant()
                self._write_result(block, where, self._extra(turn))
            elif (part := self._part(block, where)) is not None:
                content.append(part)
        if content:
            self.flush()
            message: JsonObject = {"role": "user", "content": _plain_if_text(content), **self._extra(turn)}
            if turn.name is not None and self._profile.message_names:
                message["name"] = turn.name
            self.messages.append(message)

    def _flush_assistant(self) -> None:
        message, self._assistant = self._assistant, None
        if message is None:
            return
        field, filler = self._profile.reasoning_echo, self._profile.reasoning_filler
        if self._telling.thinks and field is not None and filler is not None and "tool_calls" in message:
            message.setdefault(field, filler)
        self.messages.append(message)

    def _write_result(self, result: ToolResult, path: str, extra: JsonObject) -> None:
        parts: list[JsonObject] = []
        later: list[JsonObject] = []
        for index, block in enumerate(result.parts):
            part = self._part(block, f"{path}.content[{index}]")
            if part is not None:
                stays = part.get("type") == "text" or self._profile.tool_images
                (parts if stays else later).append(part)
        if later:
            label = {"type": "text", "text": f"Result of tool call {result.call_id}:"}
            self._images.extend([label, *later])
        content: Any = _plain_if_text(parts) if self._profile.tool_images else "\n".join(part["text"] for part in parts)
        if not parts:
            content = _SEE_BELOW if later else ""
        call_id = fitted_id(result.call_id, self._profile.call_id_length)
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": content, **extra})

    def _retold(self, result: ToolResult, path: str) -> list[JsonObject]:
        """A result for a vendor that calls no tools."""
        self._note(path, Verdict.APPROXIMATED, "the vendor calls no tools; the result is retold")
        label: JsonObject = {"type": "text", "text": f"[result of {result.name or result.call_id}]"}
        parts = (self._part(part, f"{path}.content[{index}]") for index, part in enumerate(result.parts))
        return [label, *(part for part in parts if part is not None)]

    def _write_call(self, call: ToolCall) -> JsonObject:
        call_id = fitted_id(call.call_id, self._profile.call_id_length)
        name = self._telling.rename(call.name)
        if call.kind is ToolKind.FUNCTION:
            function = {"name": name, "arguments": call.arguments or "{}"}
        elif self._profile.custom_tools:
            return {"id": call_id, "type": "custom", "custom": {"name": name, "input": call.arguments}}
        else:
            function = {"name": name, "arguments": encode({MEMBER: call.arguments}).decode()}
        return {"id": call_id, "type": "function", "function": function}

    def _flush_images(self) -> None:
        if self._images:
            self.messages.append({"role": "user", "content": self._images})
            self._images = []

    def _part(self, block: Block, path: str) -> JsonObject | None:
        match block:
            case Text() | Refusal():
                return {"type": "text", "text": block.text, **self._extra(block)}
            case Image():
                return self._write_image(block, path)
            case File():
                return self._write_file(block, path)
            case Audio():
                self._need(path, "sound", able=self._profile.audio)
                return {"type": "input_audio", "input_audio": {"data": block.data, "format": block.encoding}}
            case Opaque():
                return self._own_part(block, path)
            case Thinking() | ToolCall() | ToolResult() | Hosted():
                self._note(path, Verdict.DROPPED, "cannot stand in a user message")
                return None
            case _:
                assert_never(block)

    def _own_part(self, block: Opaque, path: str) -> JsonObject | None:
        """A part that this dialect sent goes back as it came; what other dialects sent is dropped."""
        if block.dialect == Dialect.OPENAI_CHAT:
            return block.payload
        self._note(path, Verdict.DROPPED, "has no meaning for the vendor")
        return None

    def _write_image(self, image: Image, path: str) -> JsonObject:
        self._need(path, "pictures", able=self._profile.images)
        url = _url_of(image.source, path)
        self._need(path, "pictures by link", able=self._profile.image_links or url.startswith("data:"))
        link: JsonObject = {"url": url}
        if image.detail is not None:
            link["detail"] = "high" if image.detail == "original" else image.detail
        return {"type": "image_url", "image_url": link, **self._extra(image)}

    def _write_file(self, file: File, path: str) -> JsonObject:
        self._need(path, "files", able=self._profile.files)
        wire: JsonObject = {"filename": file.filename} if file.filename else {}
        if isinstance(file.source, FileIdSource):
            wire["file_id"] = file.source.file_id
        else:
            wire["file_data"] = _url_of(file.source, path)
        return {"type": "file", "file": wire, **self._extra(file)}

    def _extra(self, value: Turn | Text | Refusal | Image | File | ToolCall) -> JsonObject:
        return value.extra if self._own else {}

    @staticmethod
    def _need(path: str, what: str, *, able: bool) -> None:
        if not able:
            raise Unsupported(path, f"the vendor reads no {what}")

    def _drop_others(self, turn: Turn, path: str, kept: type) -> None:
        for index, block in enumerate(turn.blocks):
            if not isinstance(block, kept):
                self._note(f"{path}.content[{index}]", Verdict.DROPPED, "instructions are text")

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))


def _plain_if_text(parts: list[JsonObject]) -> Any:
    """One plain text as a string, which every vendor reads; anything else as parts."""
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return parts[0]["text"]
    return parts


def _url_of(source: MediaSource, path: str) -> str:
    match source:
        case UrlSource():
            return source.url
        case DataSource():
            return f"data:{source.media_type or 'image/png'};base64,{source.data}"
        case FileIdSource():
            raise Unsupported(path, "an uploaded file is unknown to the vendor")
        case _:
            assert_never(source)
