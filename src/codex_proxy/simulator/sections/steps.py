"""Steps of a scenario's answers, and what they are made of.

Rules of this file: data only.
"""

from typing import Any

import msgspec

from codex_proxy.canonical.blocks import JsonObject


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool call; ``arguments`` for a function, ``input`` for a custom tool."""

    name: str
    arguments: Any = None
    input: str | None = None
    namespace: str | None = None
    call_id: str | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole HTTP reply instead of a stream.  ``body`` is JSON, or text if it is a string."""

    status: int
    body: Any = None
    headers: dict[str, str] = {}


class ScriptedFailure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A failure inside the stream."""

    code: str
    message: str = "simulated failure"


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a stream; exactly one member is given.

    ``delay_ms`` waits, ``event`` is sent as it is, ``garbage`` are raw bytes, ``giant_mb`` one frame of that size,
    ``giant_image_mb`` a picture of that size, ``cut`` breaks the connection, ``stall`` falls silent, ``end`` closes
    without a terminal event.
    """

    text: str | None = None
    reasoning: list[str] | None = None
    calls: list[Call] | None = None
    hosted: JsonObject | None = None
    image: bool | None = None
    delay_ms: float | None = None
    event: JsonObject | None = None
    garbage: str | None = None
    giant_mb: float | None = None
    giant_image_mb: float | None = None
    failed: ScriptedFailure | None = None
    error: ScriptedFailure | None = None
    incomplete: str | None = None
    refusal: str | None = None
    compaction: bool | None = None
    cut: bool | None = None
    stall: bool | None = None
    end: bool | None = None


def misstep(step: Step) -> list[str] | None:
    """The members that a step has where it has not exactly one; None where it has."""
    given = [name for name, member in msgspec.structs.asdict(step).items() if member is not None]
    return None if len(given) == 1 else given
