"""Tools and tool choice of a client's request.

Rules of this file: names and schemas stay as the client sent them; deferred tools are offered from the start; only
Anthropic's own search types become the hosted search, never a client's tool that happens to be called so.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    FunctionTool,
    HostedTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.anthropic.request.client_tools import client_tool
from codex_proxy.protocols.anthropic.request.content import unread
from codex_proxy.protocols.anthropic.schema import WEB_SEARCH
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, each_object
from codex_proxy.protocols.parts.json_text import encode

if TYPE_CHECKING:
    from codex_proxy.canonical.blocks import JsonObject

_SEARCHES: Final = ("web_search_", "web_fetch_")
_SEARCH_NAMES: Final = frozenset({WEB_SEARCH, "web_fetch"})
_PICTURES: Final = "image_generation"  # the upstream's own tool, for clients that know they talk to it
_LOADS_TOOLS: Final = "tool_search_tool_"
_MCP: Final = "mcp_toolset"
_NEEDS_MACHINE: Final = ("computer_", "browser_")
_MAX_EXAMPLES_BYTES: Final = 1024
_LOADING: Final = frozenset({"defer_loading", "eager_input_streaming"})
"""When a tool is loaded, and when its input is shown: neither changes what is called."""

_MODES: Final = {"auto": ChoiceMode.AUTO, "any": ChoiceMode.REQUIRED, "none": ChoiceMode.NONE}


class Offer:
    """The tools of a request: what can be offered, and how the client's names are meant."""

    def __init__(self, items: list[Any], path: str) -> None:
        self.notes: list[Note] = []
        self._path = path
        read = [(tool, parse_tool(tool, self.notes)) for tool in each_object(items, path)]
        self.tools = tuple(_one_search(tool for _, tool in read if tool is not None))
        self._left_out = [fields for fields, tool in read if tool is None]

    @property
    def searches(self) -> bool:
        """Whether the hosted search is among them."""
        return any(map(_is_search, self.tools))

    def check_not_emptied(self, *, forced: bool) -> None:
        """Refuse a request whose only tools cannot be had here.

        Raises:
            InvalidRequest: nothing is left of what was asked for, and the client depends on it.
        """
        if self.tools or not self._left_out:
            return
        for tool in self._left_out:
            kind = str(tool.rest().get("type") or "")
            if forced or kind.startswith(_NEEDS_MACHINE):
                raise InvalidRequest(tool.at("type"), f"{kind!r} is not available here", code="unsupported_value")


def parse_tool(tool: Fields, notes: list[Note]) -> Tool | None:
    """One tool; None, with a note, for one that only Anthropic runs.

    Raises:
        InvalidRequest: a tool without a name, or of the wrong shape.
    """
    kind = tool.rest().get("type") or "custom"
    if not isinstance(kind, str):
        raise tool.wrong("type", "a string", kind)
    if kind == "custom":
        return _parse_function(tool)
    known = client_tool(kind)
    if known is not None:
        name = tool.take_string("name") or kind
        return FunctionTool(name=name, description=known.description, parameters=known.parameters, strict=False)
    if kind == _PICTURES:
        return HostedTool(
            kind=_PICTURES, settings={name: value for name, value in tool.rest().items() if name != "type"}
        )
    if kind.startswith(_SEARCHES):
        return _parse_search(tool, kind, notes)
    if kind == _MCP:
        raise InvalidRequest(tool.at("type"), "remote MCP servers are not available here", code="unsupported_value")
    if kind.startswith(_LOADS_TOOLS):
        notes.append(Note(path=tool.path, verdict=Verdict.EMULATED, detail="all tools are loaded from the start"))
    elif tool.has("input_schema"):
        return _parse_function(tool)
    else:
        notes.append(_lossy(tool.path, f"{kind} is not available here"))
    return None


def parse_choice(body: Fields, offer: Offer, tools: tuple[Tool, ...], notes: list[Note]) -> ToolChoice | None:
    """``tool_choice``; None where nothing could be chosen.

    Raises:
        InvalidRequest: the choice names a tool that is not offered, or is of the wrong shape.
    """
    choice = body.take_fields("tool_choice")
    if choice is None:
        return None
    kind = choice.take_string("type")
    offer.check_not_emptied(forced=kind in {"any", "tool"})
    if not tools:
        notes.append(Note(path="tool_choice", verdict=Verdict.DROPPED, detail="there are no tools to choose from"))
        return None
    if kind in _MODES:
        return ChooseMode(mode=_MODES[kind])
    if kind != "tool":
        notes.append(_lossy(choice.at("type"), f"unknown choice {kind!r}"))
        return None
    name = choice.need_string("name")
    if any(isinstance(tool, FunctionTool) and tool.name == name for tool in tools):
        return ChooseTool(name=name)
    if name in _SEARCH_NAMES and offer.searches:
        return ChooseHosted(kind=WEB_SEARCH)
    raise InvalidRequest(choice.at("name"), f"names {name!r}, which is not among the tools", code="invalid_value")


def _parse_function(tool: Fields) -> FunctionTool:
    name = tool.need_string("name")
    if not name:
        raise InvalidRequest(tool.at("name"), "must not be empty", code="invalid_value")
    description = tool.take_string("description")
    schema = tool.take("input_schema")
    return FunctionTool(
        name=name,
        description=_with_examples(description, tool.take("input_examples")),
        parameters=schema if isinstance(schema, dict) else None,
        strict=tool.take_bool("strict"),
        extra={name: value for name, value in unread(tool).items() if name not in _LOADING},
    )


def _with_examples(description: str | None, examples: Any) -> str | None:
    """The description with the client's examples of inputs, as far as they are short."""
    if not isinstance(examples, list) or not examples:
        return description
    told = [text for example in examples if len(text := encode(example)) <= _MAX_EXAMPLES_BYTES]
    kept, size = [], 0
    for text in told:
        size += len(text)
        if size <= _MAX_EXAMPLES_BYTES:
            kept.append(text.decode())
    return "\n".join(filter(None, (description, "Examples of inputs:", *kept))) if kept else description


def _parse_search(tool: Fields, kind: str, notes: list[Note]) -> HostedTool:
    """The hosted search, which opens pages too."""
    settings: JsonObject = {}
    allowed = tool.take_list("allowed_domains")
    if allowed:
        settings["filters"] = {"allowed_domains": allowed}
    if tool.take("blocked_domains"):
        notes.append(_lossy(tool.at("blocked_domains"), "the upstream's search cannot leave domains out"))
    if tool.take("max_uses") is not None:
        notes.append(Note(path=tool.at("max_uses"), verdict=Verdict.DROPPED, detail="searches are not counted"))
    where = tool.take_object("user_location")
    if where:
        settings["user_location"] = {"type": "approximate", **where}
    if kind.startswith("web_fetch_"):
        detail = "pages are opened by the upstream's search"
        notes.append(Note(path=tool.path, verdict=Verdict.APPROXIMATED, weight=Weight.LOSSY, detail=detail))
    return HostedTool(kind=WEB_SEARCH, settings=settings)


def _one_search(tools: Iterator[Tool]) -> Iterator[Tool]:
    """Search and fetch are one tool upstream; the first of them holds."""
    found = False
    for tool in tools:
        if not (found and _is_search(tool)):
            yield tool
        found = found or _is_search(tool)


def _is_search(tool: Tool) -> bool:
    return isinstance(tool, HostedTool) and tool.kind == WEB_SEARCH


def _lossy(path: str, detail: str) -> Note:
    return Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail)
