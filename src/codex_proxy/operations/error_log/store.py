"""What the error log needs of whatever keeps it."""

from enum import StrEnum
from typing import Protocol

import msgspec

from codex_proxy.operations.request_log.rows import Trouble


class GroupState(StrEnum):
    """What the owner thinks of a group; one that is resolved is open again when it happens again."""

    OPEN = "open"
    IGNORED = "ignored"
    RESOLVED = "resolved"


class KeptReport(msgspec.Struct, frozen=True, kw_only=True):
    """An error that was reported; ``at`` is an epoch second, ``context`` JSON, ``version`` the gateway's then."""

    at: float
    source: str
    name: str
    message: str
    stack: str | None
    context: str | None
    version: str
    platform: str


class ErrorGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Errors of one signature; times are epoch seconds, ``samples`` the latest requests it happened to.

    ``unread_count`` of them came since somebody looked; ``latest`` is the last report, None where there was none.
    """

    signature: str
    source: str
    state: GroupState
    kind: str
    upstream: str
    model: str
    shape: str
    message: str
    count: int
    unread_count: int
    first_seen: float
    last_seen: float
    samples: tuple[str, ...]
    latest: KeptReport | None = None


class ErrorStore(Protocol):
    """Keeps groups.  All verbs may take long and raise ``LogUnusable``; they are called off the loop."""

    def groups(self) -> tuple[ErrorGroup, ...]:
        """The groups, last seen first."""
        ...

    def reports(self, limit: int) -> tuple[tuple[str, KeptReport], ...]:
        """What was reported, newest first, each with its group's signature."""
        ...

    def add(self, trouble: Trouble, report: KeptReport) -> None:
        """Count it in its group, and keep it among the group's latest."""
        ...

    def set_state(self, signature: str, state: GroupState) -> bool:
        """Think so of this group; False where there is none."""
        ...

    def see(self) -> int:
        """Somebody has seen all; how many there were."""
        ...

    def clear(self) -> None:
        """Forget every group."""
        ...
