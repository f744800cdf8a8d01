"""Content blocks: what a turn of a conversation, or an answer, is made of.

Rules of this file: pure values; a block keeps, in ``extra``, every member its dialect sent that has no field here,
so that the same dialect family can write it back unchanged.  Order of blocks is content.
"""

from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

JsonObject: TypeAlias = dict[str, Any]


class ToolKind(StrEnum):
    """How a client-executed tool takes its argument: a JSON object or free text."""

    FUNCTION = "function"
    CUSTOM = "custom"


class UrlSource(msgspec.Struct, frozen=True, kw_only=True, tag="url"):
    """Media that the upstream fetches itself."""

    url: str


class DataSource(msgspec.Struct, frozen=True, kw_only=True, tag="data"):
    """Media inline.  ``data`` is standard-alphabet base64 with padding; ``media_type`` is its MIME type."""

    media_type: str
    data: str


class FileIdSource(msgspec.Struct, frozen=True, kw_only=True, tag="file_id"):
    """Media that an earlier upload left at the vendor named by the dialect."""

    file_id: str


MediaSource: TypeAlias = UrlSource | DataSource | FileIdSource


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """A citation in a text block.

    ``kind`` is OpenAI's word (``url_citation``, ``file_citation``, ...).  Offsets count characters of the block's text.
    """

    kind: str
    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None
    extra: JsonObject = {}


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Plain text, of either side."""

    text: str
    annotations: tuple[Annotation, ...] = ()
    extra: JsonObject = {}


class Image(msgspec.Struct, frozen=True, kw_only=True, tag="image"):
    """A picture.  ``detail`` is ``low``, ``high``, ``auto`` or ``original``."""

    source: MediaSource
    detail: str | None = None
    extra: JsonObject = {}


class File(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """A document such as a PDF."""

    source: MediaSource
    filename: str | None = None
    extra: JsonObject = {}


class Audio(msgspec.Struct, frozen=True, kw_only=True, tag="audio"):
    """Sound; ``data`` is base64, ``encoding`` the container or codec word (``wav``, ``mp3``)."""

    data: str
    encoding: str
    extra: JsonObject = {}


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    """The model's refusal, in words."""

    text: str
    extra: JsonObject = {}


class Thinking(msgspec.Struct, frozen=True, kw_only=True, tag="thinking"):
    """One reasoning item.

    ``summary`` are the readable summary parts, ``content`` raw chain-of-thought parts (open-weight models),
    ``signature`` the opaque token (encrypted content) that lets the same account continue the reasoning; ``origin`` is
    the dialect of the upstream that issued it, None for the Responses family; no other upstream can read the token.
    ``redacted`` marks a thought that has nothing but its token.
    """

    summary: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    signature: str | None = None
    origin: str | None = None
    redacted: bool = False
    item_id: str | None = None
    extra: JsonObject = {}


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, tag="tool_call"):
    """A call that the client executes.  ``arguments`` is JSON text for functions and free text for custom tools."""

    call_id: str
    name: str
    arguments: str
    kind: ToolKind = ToolKind.FUNCTION
    namespace: str | None = None
    item_id: str | None = None
    extra: JsonObject = {}


class ToolResult(msgspec.Struct, frozen=True, kw_only=True, tag="tool_result"):
    """What a tool gave back, for the call with the same ``call_id``.

    ``plain`` remembers that the dialect sent one string instead of a list of parts.
    """

    call_id: str
    parts: tuple["ResultPart", ...]
    kind: ToolKind = ToolKind.FUNCTION
    is_error: bool = False
    plain: bool = True
    name: str | None = None
    item_id: str | None = None
    extra: JsonObject = {}


class Hosted(msgspec.Struct, frozen=True, kw_only=True, tag="hosted"):
    """An item of a tool that the upstream runs itself (web search, image generation, MCP ...), kept whole.

    ``item`` is the item in the Responses dialect, ``type`` included, or, with an ``origin``, in that dialect, where
    Responses has none like it.  ``retold`` says it in words for upstreams that know no such item; empty where nothing
    can be said, or the words around it say it.
    """

    kind: str
    item: JsonObject
    item_id: str | None = None
    origin: str | None = None
    retold: str = ""


class Opaque(msgspec.Struct, frozen=True, kw_only=True, tag="opaque"):
    """An item or part of ``dialect`` without canonical meaning; other dialect families drop it with a note."""

    dialect: str
    payload: JsonObject


ResultPart: TypeAlias = Text | Image | File | Audio | Opaque
Block: TypeAlias = Text | Image | File | Audio | Refusal | Thinking | ToolCall | ToolResult | Hosted | Opaque
AnswerBlock: TypeAlias = Text | Refusal | Thinking | ToolCall | Hosted | Opaque
