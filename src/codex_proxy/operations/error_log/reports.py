"""What somebody reports, and the group it belongs to.

Rules of this file: pure; whatever was written elsewhere goes through ``redact`` before it is kept or compared, and is
bounded.  Groups are told apart by source, name, the topmost own frames and the shape of the message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from codex_proxy.operations.error_log.frames import own_frames
from codex_proxy.operations.error_log.store import KeptReport
from codex_proxy.operations.request_log.rows import Trouble
from codex_proxy.operations.request_log.shapes import shape_of, signature_of

MOST_NAME: Final = 200
MOST_MESSAGE: Final = 4_000
MOST_STACK: Final = 10_000
MOST_CONTEXT: Final = 16_000
MOST_DEPTH: Final = 12


class InvalidReport(Exception):
    """The report cannot be kept; one sentence."""


class ErrorSource(StrEnum):
    """Where an error happened: the desktop shell, a page, the gateway, or somewhere else."""

    MAIN = "main"
    RENDERER = "renderer"
    SERVER = "server"
    EXTERNAL = "external"


class ReportedError(msgspec.Struct, frozen=True, kw_only=True):
    """An error as its program has it: the name of its type, its message, and where it happened."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME)]
    message: Annotated[str, msgspec.Meta(max_length=MOST_MESSAGE)]
    stack: Annotated[str, msgspec.Meta(max_length=MOST_STACK)] | None = None


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported; ``context`` is any object that helps, of 16,000 characters at most."""

    source: ErrorSource
    error: ReportedError
    context: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """How secrets are left out: of texts by value and shape, of members by their names."""

    text: Callable[[str], str]
    members: Callable[[Any], Any]


def kept_report(report: ErrorReport, cleaning: Cleaning, *, at: float, version: str, platform: str) -> KeptReport:
    """The report as it is kept; raises ``InvalidReport``."""
    error = report.error
    return KeptReport(
        at=at,
        source=report.source.value,
        name=_text(error.name, cleaning)[:MOST_NAME],
        message=_text(error.message, cleaning)[:MOST_MESSAGE],
        stack=None if error.stack is None else _text(error.stack, cleaning)[:MOST_STACK],
        context=_context(report.context, cleaning),
        version=version,
        platform=platform,
    )


def trouble_of_report(report: KeptReport) -> Trouble:
    """What a kept report says to its group."""
    shape = shape_of(report.message)
    frames = own_frames(report.stack or "")
    return Trouble(
        signature=signature_of(report.source, report.name, *frames, shape),
        kind=report.name,
        upstream="",
        model="",
        shape=shape,
        message=report.message,
        at=report.at,
        request_id=None,
        source=report.source,
    )


def _context(told: Mapping[str, Any] | None, cleaning: Cleaning) -> str | None:
    if told is None:
        return None
    cleaned = msgspec.json.encode(cleaning.members(_cleaned(told, cleaning, MOST_DEPTH))).decode()
    if len(cleaned) > MOST_CONTEXT:
        raise InvalidReport(f"the context is longer than {MOST_CONTEXT} characters")
    return cleaned


def _cleaned(value: Any, cleaning: Cleaning, depth: int) -> Any:
    if depth == 0:
        raise InvalidReport(f"the context is nested more than {MOST_DEPTH} deep")
    match value:
        case str():
            return _text(value, cleaning)
        case dict():
            return {_text(name, cleaning): _cleaned(member, cleaning, depth - 1) for name, member in value.items()}
        case list():
            return [_cleaned(member, cleaning, depth - 1) for member in value]
    return value


def _text(text: str, cleaning: Cleaning) -> str:
    return cleaning.text(text).encode("utf-8", "replace").decode()
