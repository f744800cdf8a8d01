"""Turns as messages for a vendor.

Rules of this file: what the vendor insists on: roles alternate and the user begins; the results of one answer's calls
open the user message behind it; thoughts go back only with the vendor's own signature, byte for byte.  Instructions in
mid-conversation keep their place.
"""

from typing import Final, assert_never

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    File,
    Hosted,
    Image,
    JsonObject,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolKind,
    ToolResult,
)
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Role, Turn
from codex_proxy.protocols.anthropic.asking.media import document_block, image_block
from codex_proxy.protocols.anthropic.hosted import (
    has_result,
    is_family_search,
    search_call_block,
    search_result_block,
)
from codex_proxy.protocols.anthropic.schema import ORIGIN, AnthropicProfile
from codex_proxy.protocols.anthropic.stream.blocks import call_block
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.parts.json_text import object_in
from codex_proxy.protocols.parts.names import NameMap

_INSTRUCTING: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})
_BEGINNING: Final = "(The conversation begins with the assistant.)"


class Messages:
    """The conversation as the vendor's messages, and what was lost of it."""

    def __init__(self, turns: tuple[Turn, ...], profile: AnthropicProfile, names: NameMap, *, thinks: bool) -> None:
        self.notes: list[Note] = []
        self.messages: list[JsonObject] = []
        self._profile = profile
        self._names = names
        self._thinks = thinks
        for index, turn in enumerate(turns):
            self._write(turn, f"messages[{index}]")
        if self.messages and self.messages[0]["role"] == "assistant":
            self.messages.insert(0, {"role": "user", "content": [_text(_BEGINNING)]})
            self.notes.append(Note(path="messages[0]", verdict=Verdict.INVENTED, detail="the user has to begin"))

    @property
    def lacks_thought(self) -> bool:
        """Whether the answer that is being continued called tools without a thought before, which forbids thinking."""
        for message in reversed(self.messages):
            if message["role"] == "assistant":
                kinds = [block["type"] for block in message["content"]]
                return "tool_use" in kinds and kinds[0] not in {"thinking", "redacted_thinking"}
            if not any(block["type"] == "tool_result" for block in message["content"]):
                return False
        return False

    def _write(self, turn: Turn, path: str) -> None:
        if turn.role in _INSTRUCTING:
            self._instruct(turn, path)
            return
        role = "assistant" if turn.role is Role.ASSISTANT else "user"
        blocks = [
            block for number, told in enumerate(turn.blocks) for block in self._block(told, f"{path}.content[{number}]")
        ]
        self._join(role, blocks)

    def _join(self, role: str, blocks: list[JsonObject]) -> None:
        if not blocks:
            return
        if not self.messages or self.messages[-1]["role"] != role:
            self.messages.append({"role": role, "content": []})
        content: list[JsonObject] = self.messages[-1]["content"]
        content.extend(blocks)
        if role == "user":
            content.sort(key=lambda block: block["type"] != "tool_result")

    def _instruct(self, turn: Turn, path: str) -> None:
        texts = [block.text for block in turn.blocks if isinstance(block, Text) and block.text]
        if not texts:
            return
        if self._profile.system_messages:
            self.messages.append({"role": "system", "content": [_text(text) for text in texts]})
            return
        words = "\n\n".join(texts)
        self._join("user", [_text(f"<system-reminder>\n{words}\n</system-reminder>")])
        self._note(path, Verdict.APPROXIMATED, "the vendor takes instructions in mid-conversation from the user only")

    def _block(self, block: Block, path: str) -> list[JsonObject]:
        match block:
            case Text() | Refusal():
                return [_text(block.text)] if block.text.strip() else []
            case Image():
                self._need(path, "pictures", able=self._profile.images)
                return [self._fetched(image_block(block, path), path)]
            case File():
                self._need(path, "documents", able=self._profile.documents)
                return [self._fetched(document_block(block, path), path)]
            case Audio():
                raise Unsupported(path, "the vendor reads no sound")
            case Thinking():
                return self._thinking(block, path)
            case ToolCall():
                return [self._call(block, path)]
            case ToolResult():
                return [self._result(block, path)]
            case Hosted():
                return self._hosted(block, path)
            case Opaque():
                return self._opaque(block, path)
            case _:
                assert_never(block)

    @staticmethod
    def _need(path: str, what: str, *, able: bool) -> None:
        if not able:
            raise Unsupported(path, f"the vendor reads no {what}")

    def _fetched(self, block: JsonObject, path: str) -> JsonObject:
        self._need(path, "links", able=self._profile.image_links or block["source"]["type"] != "url")
        return block

    def _thinking(self, block: Thinking, path: str) -> list[JsonObject]:
        if block.signature is None or block.origin != ORIGIN or not self._thinks:
            self.notes.append(Note(path=path, verdict=Verdict.DROPPED, detail="the thought is not the vendor's own"))
            return []
        if block.redacted:
            return [{"type": "redacted_thinking", "data": block.signature}]
        return [{"type": "thinking", "thinking": "".join(block.summary), "signature": block.signature}]

    def _call(self, call: ToolCall, path: str) -> JsonObject:
        name = self._names.upstream(call.name)
        if call.kind is ToolKind.CUSTOM:
            return call_block(call.call_id, name, {"input": call.arguments})
        told = object_in(call.arguments)
        if told is None:
            self._note(path, Verdict.APPROXIMATED, "arguments that are no JSON object were wrapped")
            told = {"arguments": call.arguments}
        return call_block(call.call_id, name, told)

    def _result(self, result: ToolResult, path: str) -> JsonObject:
        content = [
            block
            for number, part in enumerate(result.parts)
            for block in self._block(part, f"{path}.content[{number}]")
        ]
        call_id = call_block(result.call_id, "", {})["id"]
        block: JsonObject = {"type": "tool_result", "tool_use_id": call_id, "content": content}
        return block | {"is_error": True} if result.is_error else block

    def _hosted(self, block: Hosted, path: str) -> list[JsonObject]:
        """The vendor's own calls and results, whole; those of other upstreams in words."""
        if block.origin == ORIGIN:
            return [block.item]
        if self._profile.web_search and is_family_search(block.kind, block.item):
            call = search_call_block(block.item)
            return [call, search_result_block(block.item, ())] if has_result(block.item) else [call]
        if not block.retold:
            self._note(path, Verdict.DROPPED, f"the vendor does not know {block.kind}")
            return []
        self.notes.append(Note(path=path, verdict=Verdict.APPROXIMATED, detail="what another upstream ran is retold"))
        return [_text(block.retold)]

    def _opaque(self, block: Opaque, path: str) -> list[JsonObject]:
        if block.dialect == Dialect.ANTHROPIC:
            return [block.payload]
        self._note(path, Verdict.DROPPED, "has no meaning for the vendor")
        return []

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))


def _text(text: str) -> JsonObject:
    return {"type": "text", "text": text}
