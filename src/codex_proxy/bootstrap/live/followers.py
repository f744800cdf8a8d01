"""Everybody who goes by the settings in force.

Rules of this file: a follower is told only where what concerns it changed, so that nothing is set back or asked anew
for the sake of another key.  Who may refuse is asked first, so that a refusal finds everything as it was.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from codex_proxy.bootstrap.live.current import Current
from codex_proxy.operations.settings.parts import Configured
from codex_proxy.settings.schema import Settings

T = TypeVar("T")
Follow = Callable[[Settings], Awaitable[None]]


class Followers:
    """Implements the operations' ``Following``; ``live`` are the settings in force.

    Most parts ask ``live`` for what they need, by ``live.get()`` or ``live.derived(...)``; those that keep a value of
    their own are told of another one by ``tell`` or ``ask``.
    """

    def __init__(self, settings: Settings) -> None:
        self.live = Current(settings)
        self._asked: list[Follow] = []
        self._told: list[Follow] = []

    def ask(self, make: Callable[[Settings], T], follow: Callable[[T], Awaitable[None]]) -> None:
        """Let somebody follow what ``make`` makes of the settings who may refuse, by ``CannotFollow``."""
        self._asked.append(self._changes(make, follow))

    def tell(self, make: Callable[[Settings], T], follow: Callable[[T], Awaitable[None] | None]) -> None:
        """Let somebody follow what ``make`` makes of the settings."""

        async def told(value: T) -> None:
            waiting = follow(value)
            if waiting is not None:
                await waiting

        self._told.append(self._changes(make, told))

    async def take(self, configured: Configured) -> None:
        """See ``Following``; raises ``CannotFollow``."""
        wanted = in_force(configured)
        for follow in (*self._asked, *self._told):
            await follow(wanted)
        self.live.put(wanted)

    def _changes(self, make: Callable[[Settings], T], follow: Callable[[T], Awaitable[None]]) -> Follow:
        async def follow_changes(wanted: Settings) -> None:
            value = make(wanted)
            if value != make(self.live.get()):
                await follow(value)

        return follow_changes


def in_force(configured: Configured) -> Settings:
    """What of these settings counts before the next start; raises ``TypeError`` for settings that cannot say."""
    told: object = getattr(configured, "in_force", None)
    if not isinstance(told, Settings):
        raise TypeError(f"{type(configured).__name__} does not say what is in force")
    return told
