"""A client's own body for a vendor of its dialect: whether it can go as it is.

Rules of this file: a body that says what the vendor does not take, or says it otherwise, is written anew.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from codex_proxy.canonical.request import Request
from codex_proxy.canonical.tools import CustomTool, HostedTool, Tool
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.parts.bodies.skimming import named_frames

_DELTA: Final = b".delta\ndata: {"


def may_pass(request: Request, body: bytes, names: AbstractSet[str], profile: ResponsesProfile) -> bool:
    """Whether the vendor takes the ``body`` of this request, which has members of these ``names``."""
    if not names.isdisjoint((*_outer(profile.refuses), *_outer(profile.refuses_thinking))):
        return False
    if (profile.streams_only and not request.stream) or (profile.needs_instructions and "instructions" not in names):
        return False
    if any(word in body for word in _unread(profile)):
        return False
    return all(_is_taken(tool, profile) for tool in request.tools)


def deltas_count(chunk: bytes) -> int:
    """How many frames a chunk is, where each is a delta; else 0."""
    return named_frames(chunk, _DELTA)


def _outer(paths: tuple[str, ...]) -> Iterator[str]:
    """Members that hold what is refused; one that might is taken for one that does."""
    return (path.partition(".")[0] for path in paths)


def _unread(profile: ResponsesProfile) -> Iterator[bytes]:
    if not profile.developer_role:
        yield b'"developer"'
    if not profile.system_role:
        yield b'"system"'


def _is_taken(tool: Tool, profile: ResponsesProfile) -> bool:
    match tool:
        case HostedTool():
            return profile.hosted_tools is None or tool.kind in profile.hosted_tools
        case CustomTool():
            return profile.custom_tools
        case _:
            return True
