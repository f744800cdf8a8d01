"""Tools a request offers, and which of them the model may or must call.

Rules of this file: pure values; ``extra`` keeps members without a field here, for the dialect that sent them.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject, ToolKind


class FunctionTool(msgspec.Struct, frozen=True, kw_only=True, tag="function"):
    """A function with JSON Schema ``parameters``.  ``strict`` is None where the client did not say."""

    name: str
    description: str | None = None
    parameters: JsonObject | None = None
    strict: bool | None = None
    extra: JsonObject = {}


class CustomTool(msgspec.Struct, frozen=True, kw_only=True, tag="custom"):
    """A free-text tool.  ``grammar`` is None for plain text."""

    name: str
    description: str | None = None
    grammar: "Grammar | None" = None
    extra: JsonObject = {}


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """What the text of a custom tool must match; ``syntax`` is ``lark`` or ``regex``."""

    syntax: str
    definition: str


class NamespaceTool(msgspec.Struct, frozen=True, kw_only=True, tag="namespace"):
    """A named group of tools; calls name the group and the member."""

    name: str
    description: str | None = None
    tools: tuple["Tool", ...] = ()
    extra: JsonObject = {}


class HostedTool(msgspec.Struct, frozen=True, kw_only=True, tag="hosted"):
    """A tool the upstream runs, or any type this vocabulary does not know.

    ``settings`` is the tool in the Responses dialect without its ``type``.
    """

    kind: str
    settings: JsonObject = {}


Tool: TypeAlias = FunctionTool | CustomTool | NamespaceTool | HostedTool


class ChoiceMode(StrEnum):
    """Whether the model calls tools."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


class ChooseMode(msgspec.Struct, frozen=True, kw_only=True, tag="mode"):
    """The model decides within the mode."""

    mode: ChoiceMode


class ChooseTool(msgspec.Struct, frozen=True, kw_only=True, tag="tool"):
    """The model must call this client-executed tool."""

    name: str
    kind: ToolKind = ToolKind.FUNCTION
    namespace: str | None = None


class ChooseHosted(msgspec.Struct, frozen=True, kw_only=True, tag="hosted"):
    """The model must use this hosted tool; ``settings`` is the choice object without its ``type``."""

    kind: str
    settings: JsonObject = {}


class ChooseAmong(msgspec.Struct, frozen=True, kw_only=True, tag="among"):
    """Only these tools are allowed; ``required`` says that one of them must be called."""

    required: bool
    tools: tuple[ChooseTool | ChooseHosted, ...]


ToolChoice: TypeAlias = ChooseMode | ChooseTool | ChooseHosted | ChooseAmong
