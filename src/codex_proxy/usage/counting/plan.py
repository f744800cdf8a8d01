"""What has to be counted in a request: passages of text and PDFs, and the tokens that go by rule.

Rules of this file: pure; one passage for each message, the instructions and each tool, with a digest that is the same
for the same content in every request and process, so that its count can be remembered.  The rules: 4 tokens for each
item, compact JSON of tools and schemas, pictures and files by ``media``, encrypted reasoning by its length.
"""

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final, assert_never

import msgspec

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
    ToolResult,
)
from codex_proxy.canonical.request import Request, SchemaOutput, Turn
from codex_proxy.canonical.tools import CustomTool, FunctionTool, HostedTool, NamespaceTool, Tool
from codex_proxy.usage.counting.media import audio_tokens, file_tokens, pdf_data, picture_tokens
from codex_proxy.usage.counting.opaque import readable_json, sealed_tokens

ITEM_TOKENS: Final = 4

_DIGEST_BYTES: Final = 16


class PassageKind(StrEnum):
    """What is counted of a passage: the tokens of its texts (UTF-8), or the pages of a PDF (base64)."""

    TEXT = "text"
    PDF = "pdf"


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """Content to be counted piece by piece; ``digest`` names the content and its kind."""

    kind: PassageKind
    pieces: tuple[bytes, ...]
    digest: bytes

    @property
    def size_bytes(self) -> int:
        """Bytes of all pieces."""
        return sum(map(len, self.pieces))


class CountPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Passages that a tokeniser has to count, and tokens that need none."""

    passages: tuple[Passage, ...]
    ruled_tokens: int


def plan_of(request: Request) -> CountPlan:
    """What makes up the input tokens of this request."""
    passages: list[Passage] = []
    ruled_tokens = 0
    for content in _contents(request):
        if content.texts:
            passages.append(_passage(PassageKind.TEXT, content.texts))
        passages.extend(_passage(PassageKind.PDF, [pdf]) for pdf in content.pdfs)
        ruled_tokens += content.ruled_tokens
    return CountPlan(passages=tuple(passages), ruled_tokens=ruled_tokens)


class _Content:
    """What one message or tool adds."""

    __slots__ = ("pdfs", "ruled_tokens", "texts")

    def __init__(self, ruled_tokens: int = 0) -> None:
        self.texts: list[bytes] = []
        self.pdfs: list[bytes] = []
        self.ruled_tokens = ruled_tokens

    def add_text(self, *texts: str | None) -> None:
        self.texts.extend(text.encode("utf-8", "replace") for text in texts if text)

    def add_json(self, value: JsonObject) -> None:
        readable = readable_json(value)
        self.texts.append(readable.text)
        self.ruled_tokens += readable.ruled_tokens


def _contents(request: Request) -> Iterator[_Content]:
    if request.instructions:
        yield _of_text(request.instructions, ITEM_TOKENS)
    for turn in request.turns:
        yield _of_turn(turn)
    for tool in request.tools:
        yield _of_tool(tool)
    if isinstance(request.output, SchemaOutput):
        content = _Content()
        content.add_json({"name": request.output.name, "schema": request.output.schema})
        yield content


def _of_text(text: str, ruled_tokens: int) -> _Content:
    content = _Content(ruled_tokens)
    content.add_text(text)
    return content


def _of_turn(turn: Turn) -> _Content:
    content = _Content(ITEM_TOKENS * _items_count(turn.blocks))
    content.add_text(turn.name)
    for block in turn.blocks:
        _add_block(content, block)
    return content


def _items_count(blocks: tuple[Block, ...]) -> int:
    """Items the upstream sees: calls, results and thoughts are items of their own, other blocks share one."""
    own_count = sum(isinstance(block, ToolCall | ToolResult | Thinking | Hosted) for block in blocks)
    return own_count + (1 if own_count < len(blocks) or not blocks else 0)


def _add_block(content: _Content, block: Block) -> None:
    match block:
        case Text(text=text) | Refusal(text=text):
            content.add_text(text)
        case Image() | File() | Audio():
            _add_media(content, block)
        case Thinking():
            content.add_text(*block.summary, *block.content)
            content.ruled_tokens += sealed_tokens(block.signature or "")
        case ToolCall():
            content.add_text(block.namespace, block.name, block.arguments)
        case ToolResult():
            for part in block.parts:
                _add_block(content, part)
        case Hosted():
            content.add_json(block.item)
        case Opaque():
            content.add_json(block.payload)
        case _:
            assert_never(block)


def _add_media(content: _Content, block: Image | File | Audio) -> None:
    match block:
        case Image():
            content.ruled_tokens += picture_tokens(block)
        case Audio():
            content.ruled_tokens += audio_tokens(block)
        case File():
            content.add_text(block.filename)
            pdf = pdf_data(block)
            if pdf is None:
                content.ruled_tokens += file_tokens(block)
            else:
                content.pdfs.append(pdf.encode("ascii", "replace"))


def _of_tool(tool: Tool) -> _Content:
    content = _Content()
    content.add_json(_tool_json(tool))
    return content


def _tool_json(tool: Tool) -> JsonObject:
    members: JsonObject
    match tool:
        case FunctionTool():
            members = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
        case CustomTool():
            definition = tool.grammar.definition if tool.grammar is not None else None
            members = {"name": tool.name, "description": tool.description, "format": definition}
        case NamespaceTool():
            inner = [_tool_json(member) for member in tool.tools]
            members = {"name": tool.name, "description": tool.description, "tools": inner}
        case HostedTool():
            members = {"type": tool.kind, **tool.settings}
        case _:
            assert_never(tool)
    return {name: member for name, member in members.items() if member is not None}


def _passage(kind: PassageKind, pieces: Iterable[bytes]) -> Passage:
    kept = tuple(pieces)
    digest = hashlib.sha256(kind.encode())
    for piece in kept:
        digest.update(len(piece).to_bytes(8, "big"))
        digest.update(piece)
    return Passage(kind=kind, pieces=kept, digest=digest.digest()[:_DIGEST_BYTES])
