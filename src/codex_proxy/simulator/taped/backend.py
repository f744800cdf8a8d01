"""A backend that gives taped replies: the first call gets the first one, and so on.

Rules of this file: nothing of a tape is looked into; a call that comes when the tape has ended is told so.  Everything
but the calls that ask a model is the simulated backend's.
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

ENDED: Final = WireReply(status=599, body=b'{"error":{"message":"the tape has ended","code":"tape_ended"}}')


class TapedBackend:
    """Implements ASGI; ``asked_count`` counts the calls that asked for a reply."""

    def __init__(self, backend: SimulatedBackend, tape: Sequence[TapedReply]) -> None:
        self._backend = backend
        self._tape = tuple(tape)
        self.asked_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        path = str(scope.get("path", "")).removeprefix(PREFIX)
        if scope["type"] != "http" or scope["method"] != "POST" or not path.startswith(CODEX):
            await self._backend(scope, receive, send)
            return
        await _read(receive)
        drop = scope.get("extensions", {}).get(DROP, {}).get("drop")
        player = Player(Entry(method="POST", path=path, at=0.0), receive, send, drop=drop)
        place, self.asked_count = self.asked_count, self.asked_count + 1
        if place >= len(self._tape):
            await player.reply(ENDED)
            return
        reply = self._tape[place]
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
