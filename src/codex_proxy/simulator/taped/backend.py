"""Upstreams that give taped replies: the first call gets the first one, and so on.

Rules of this file: nothing of a tape is looked into; a call that comes when its tape has ended is told so.  Each vendor
has a tape and an address of its own, below ``/vendors/`` and a number; everything but the calls that ask for an answer
is the simulated backend's.
"""

from collections.abc import Sequence
from typing import Final

from codex_proxy.operations.capsules.replay import TapedReply
from codex_proxy.protocols.base import WireReply
from codex_proxy.simulator.app import PREFIX, SimulatedBackend
from codex_proxy.simulator.backend.service import CODEX
from codex_proxy.simulator.incoming import Scope
from codex_proxy.simulator.journal import Entry
from codex_proxy.simulator.player import DROP, Player, Receive, Send
from codex_proxy.simulator.vendors.service import PREFIX as VENDORS

ENDED: Final = WireReply(status=599, body=b'{"error":{"message":"the tape has ended","code":"tape_ended"}}')


class Tape:
    """Replies in their order; ``asked_count`` counts the calls that asked for one."""

    def __init__(self, replies: Sequence[TapedReply]) -> None:
        self._replies = tuple(replies)
        self.asked_count = 0

    def next(self) -> TapedReply | None:
        """The reply to this call; None where the tape has ended."""
        place, self.asked_count = self.asked_count, self.asked_count + 1
        return self._replies[place] if place < len(self._replies) else None


class TapedBackend:
    """Implements ASGI; ``tape`` is the accounts', ``vendors`` are those of the vendors by the number in their path."""

    def __init__(self, backend: SimulatedBackend, tape: Tape, vendors: Sequence[Tape] = ()) -> None:
        self._backend = backend
        self._tape = tape
        self._vendors = tuple(vendors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        tape = self._tape_of(scope)
        if tape is None:
            await self._backend(scope, receive, send)
            return
        await _read(receive)
        drop = scope.get("extensions", {}).get(DROP, {}).get("drop")
        player = Player(Entry(method="POST", path=scope["path"], at=0.0), receive, send, drop=drop)
        await _play(tape.next(), player)

    def _tape_of(self, scope: Scope) -> Tape | None:
        """The tape that a call is answered from; None where it asks for no answer."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        path = str(scope.get("path", ""))
        if path.removeprefix(PREFIX).startswith(CODEX):
            return self._tape
        number = path.removeprefix(VENDORS).partition("/")[0]
        is_taped = path.startswith(VENDORS) and number.isdecimal() and int(number) < len(self._vendors)
        return self._vendors[int(number)] if is_taped else None


async def _play(reply: TapedReply | None, player: Player) -> None:
    if reply is None:
        await player.reply(ENDED)
        return
    if reply.status is None:
        await player.cut()
        return
    await player.relay(reply.status, reply.headers, [reply.body], gap_seconds=0.0)
    if reply.breaks:
        await player.cut()
    else:
        await player.end()


async def _read(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass
