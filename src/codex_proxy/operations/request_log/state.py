"""How much the request log keeps now.

Rules of this file: bodies are kept for so long and no longer: whoever switched that on may forget it.  Times are epoch
seconds.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec


class Level(StrEnum):
    """What is kept of a request."""

    OFF = "off"
    METADATA = "metadata"
    BODIES = "bodies"


class LogPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The owner's wishes.

    ``protocol_only`` leaves out requests that ask no model; ``body_bytes`` of the beginning and of the end of a body
    are kept; bodies are kept for ``bodies_seconds`` after that was switched on.
    """

    level: Level = Level.METADATA
    protocol_only: bool = True
    body_bytes: int = 65_536
    bodies_seconds: float = 24 * 3600.0


class LogSwitch:
    """The policy in force; ``is_paused`` lasts until it is ended, or the gateway."""

    def __init__(self, policy: LogPolicy, *, now: Callable[[], float]) -> None:
        self._now = now
        self._wanted = policy.level
        self.is_paused = False
        self.bodies_until: float | None = None
        self.policy = policy
        self.change(policy)

    @property
    def level(self) -> Level:
        """What is kept now, paused or not."""
        if self.bodies_until is not None and self._now() >= self.bodies_until:
            self.change(msgspec.structs.replace(self.policy, level=Level.METADATA))
        return self.policy.level

    @property
    def kept(self) -> Level:
        """What is kept of a request that comes now."""
        return Level.OFF if self.is_paused else self.level

    def follow(self, policy: LogPolicy) -> None:
        """These are the owner's lasting wishes now; the level stays as it was switched unless they want another one."""
        if policy.level is not self._wanted:
            self._wanted = policy.level
            self.change(policy)
        else:
            self.policy = msgspec.structs.replace(policy, level=self.policy.level)

    def change(self, policy: LogPolicy) -> None:
        """Keep so much from now on."""
        self.policy = policy
        keeps_bodies = policy.level is Level.BODIES
        self.bodies_until = self._now() + policy.bodies_seconds if keeps_bodies else None
