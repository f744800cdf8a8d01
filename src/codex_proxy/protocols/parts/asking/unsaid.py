"""What a request says and a vendor's dialect has no member for.

Rules of this file: pure; every codec names what it cannot say, and whatever of that was said gets a note.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from codex_proxy.canonical.blocks import Audio, Block, File, Image, Refusal, Text, ToolCall, ToolResult
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target

NO_MEANING: Final = "has no meaning for the vendor"

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
}
_Part = Text | Image | File | Audio | Refusal | ToolCall | ToolResult
_ORDINARY_DETAILS: Final = frozenset({None, "auto"})
_OF_NO_EFFECT: Final = frozenset({"status", "prompt_cache_breakpoint", "cache_control"})
"""Members of messages that change nothing of an answer."""


def unsaid(request: Request, *names: str) -> tuple[Note, ...]:
    """Notes for those of ``names`` that the request says."""
    return tuple(_dropped(_spelt(name, request.dialect)) for name in names if _SAID[name](request))


def unsaid_tier(request: Request, target: Target) -> tuple[Note, ...]:
    """The note for a service tier, whoever asked for it."""
    asked = target.service_tier or request.service_tier
    return (_dropped("service_tier"),) if asked is not None else ()


def unsaid_in_turns(request: Request, *, names: bool = False, details: bool = False) -> tuple[Note, ...]:
    """Notes for members within messages that only the client's dialect knows, one for each name.

    ``names`` and ``details`` are for vendors without names of speakers and without the detail of pictures.
    """
    lost: set[str] = set()
    for turn in request.turns:
        lost |= _meant(turn.extra)
        if names and turn.name is not None:
            lost.add("name")
        for block in _parts(turn.blocks):
            lost |= _meant(block.extra)
            if details and isinstance(block, Image) and block.detail not in _ORDINARY_DETAILS:
                lost.add("detail")
    return tuple(_dropped(f"messages.{name}") for name in sorted(lost))


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


def _meant(extra: Mapping[str, object]) -> set[str]:
    return {name for name, value in extra.items() if value is not None and name not in _OF_NO_EFFECT}


def _spelt(name: str, dialect: Dialect) -> str:
    return "metadata.user_id" if name == "user" and dialect is Dialect.ANTHROPIC else name


def _dropped(path: str) -> Note:
    return Note(path=path, verdict=Verdict.DROPPED, detail=NO_MEANING)
