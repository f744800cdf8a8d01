"""What a request says and a vendor's dialect has no member for.

Rules of this file: pure; every codec names what it cannot say, and whatever of that was said gets a note.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    DataSource,
    File,
    Image,
    JsonObject,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import HostedTool, NamespaceTool, Tool

NO_MEANING: Final = "has no meaning for the vendor"

_Part = Text | Image | File | Audio | Refusal | ToolCall | ToolResult
_ORDINARY_DETAILS: Final = frozenset({None, "auto"})
_ORDINARY_TIERS: Final = frozenset({None, "auto", "default"})
_ORDINARY_SUMMARIES: Final = frozenset({None, "auto", "none"})
_ORDINARY_INCLUDES: Final = frozenset({"reasoning.encrypted_content", "web_search_call.action.sources"})
"""What comes anyway, or is of use to its own upstream only."""
_FILLED_NAMES: Final = frozenset({None, "document.pdf"})
"""Names of documents that their client did not name."""
_OF_NO_EFFECT: Final = frozenset({"status", "prompt_cache_breakpoint", "cache_control"})
"""Members of messages that change nothing of an answer."""
_CONSTRAINING: Final = frozenset({"filters.allowed_domains", "filters.blocked_domains"})

_SAID: Final[Mapping[str, Callable[[Request], object]]] = {
    "verbosity": lambda request: request.verbosity,
    "metadata": lambda request: request.metadata,
    "user": lambda request: request.session.user,
    "prompt_cache_key": lambda request: request.session.prompt_cache_key,
    "top_k": lambda request: request.sampling.top_k is not None,
    "presence_penalty": lambda request: request.sampling.presence_penalty is not None,
    "frequency_penalty": lambda request: request.sampling.frequency_penalty is not None,
    "seed": lambda request: request.sampling.seed is not None,
    "logit_bias": lambda request: request.sampling.logit_bias,
    "reasoning.summary": lambda request: request.reasoning.summary not in _ORDINARY_SUMMARIES,
    "top_logprobs": lambda request: request.sampling.top_logprobs is not None,
}


def unsaid(request: Request, *names: str) -> tuple[Note, ...]:
    """Notes for those of ``names`` that the request says."""
    return tuple(_dropped(_spelt(name, request.dialect)) for name in names if _SAID[name](request))


def unsaid_tier(request: Request, target: Target) -> tuple[Note, ...]:
    """The note for a service tier, whoever asked for it."""
    asked = target.service_tier or request.service_tier
    return () if asked in _ORDINARY_TIERS else (_dropped("service_tier"),)


def unknown_members(request: Request) -> tuple[Note, ...]:
    """Notes for members that only the client's dialect knows, but for those within messages."""
    names = [
        *(name for name, value in request.extra.items() if value is not None),
        *(f"reasoning.{name}" for name in request.reasoning.extra),
    ]
    notes = [_dropped(name) for name in names]
    if not _ORDINARY_INCLUDES.issuperset(request.include):
        notes.append(_dropped("include"))
    return (*notes, *unsaid_in_tools(request.tools))


def unsaid_in_tools(tools: Iterable[Tool]) -> tuple[Note, ...]:
    """Notes for members of tools that only the client's dialect knows, one for each name."""
    lost = {name for extra in _tool_extras(tools) for name in _meant(extra)}
    return tuple(_dropped(f"tools.{name}") for name in sorted(lost))


def unsaid_in_turns(
    request: Request, *, names: bool = False, details: bool = False, file_names: bool = False
) -> tuple[Note, ...]:
    """Notes for members within messages that only the client's dialect knows, one for each name.

    ``names``, ``details`` and ``file_names`` are for vendors without names of speakers, without the detail of pictures
    and without names of files.
    """
    lost: set[str] = set()
    for turn in request.turns:
        lost |= _meant(turn.extra)
        lost |= {"phase"} if turn.phase is not None else set()
        lost |= {"name"} if names and turn.name is not None else set()
        for block in _parts(turn.blocks):
            lost |= _lost_of(block, details=details, file_names=file_names)
    return tuple(_dropped(f"messages.{name}") for name in sorted(lost))


def unsaid_settings(settings: JsonObject, said: Collection[str] = ()) -> tuple[Note, ...]:
    """Notes for the settings of a search that are not ``said``; what its filters hold is named with a dot."""
    filters = settings.get("filters")
    inner = filters if isinstance(filters, dict) else {}
    named = {f"filters.{name}": value for name, value in inner.items()} | settings
    lost = [name for name, value in named.items() if value and name not in {"filters", *said}]
    return tuple(
        Note(
            path=f"tools.web_search.{name}",
            verdict=Verdict.DROPPED,
            weight=Weight.LOSSY if name in _CONSTRAINING else Weight.COSMETIC,
            detail="the vendor's search cannot be told",
        )
        for name in lost
    )


def unstrict(path: str) -> Note:
    """The note for a schema that the vendor is asked to follow and cannot be held to."""
    detail = "the vendor cannot be held to a schema"
    return Note(path=f"{path}.strict", verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail)


def _parts(blocks: tuple[Block, ...]) -> Iterator[_Part]:
    """Everything that keeps members of its dialect, what tools gave back included."""
    for block in blocks:
        if isinstance(block, _Part):
            yield block
        if isinstance(block, ToolResult):
            yield from (part for part in block.parts if isinstance(part, _Part))


def _lost_of(block: _Part, *, details: bool, file_names: bool) -> set[str]:
    lost = _meant(block.extra)
    match block:
        case Text() if block.annotations:
            lost.add("annotations")
        case Image() if details and block.detail not in _ORDINARY_DETAILS:
            lost.add("detail")
        case File(source=DataSource()) if file_names and block.filename not in _FILLED_NAMES:
            lost.add("filename")
    return lost


def _tool_extras(tools: Iterable[Tool]) -> Iterator[JsonObject]:
    for tool in tools:
        if isinstance(tool, NamespaceTool):
            yield from _tool_extras(tool.tools)
        if not isinstance(tool, HostedTool):
            yield tool.extra


def _meant(extra: Mapping[str, object]) -> set[str]:
    return {name for name, value in extra.items() if value is not None and name not in _OF_NO_EFFECT}


def _spelt(name: str, dialect: Dialect) -> str:
    return "metadata.user_id" if name == "user" and dialect is Dialect.ANTHROPIC else name


def _dropped(path: str) -> Note:
    return Note(path=path, verdict=Verdict.DROPPED, detail=NO_MEANING)
