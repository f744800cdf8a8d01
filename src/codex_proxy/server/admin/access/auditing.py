"""Writes down every change that is asked for, whatever becomes of it.

Rules of this file: an entry is on the disk before the answer leaves; it tells who, from where, the route, what the path
names and how that stood before and after, and of the body only which members it had: a secret may be in any of them.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar.exceptions import HTTPException
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

from codex_proxy.operations.access.auditing import Deed
from codex_proxy.server.admin.access.entrance import Desk, Entrance, more_of, rule_at, who_of
from codex_proxy.server.admin.access.snapshots import Told, difference, snapshot_of
from codex_proxy.server.asgi import Application, Message, Receive, Scope, Send

DONE: Final = "done"
NOBODY: Final = "nobody"
MOST_MEMBERS: Final = 20
MOST_TARGET: Final = 200
_UNTOLD: Final = re.compile(r"[^\x20-\x7e]")  # ids of ours hold none of it
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_]{1,32}")


class Audit:
    """Middleware of the control plane, outside of all others."""

    def __init__(self, app: Application, entrance: Entrance, desk: Desk) -> None:
        self._app = app
        self._entrance = entrance
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and write down what there is to."""
        if not rule_at(scope).is_written_down:
            await self._app(scope, receive, send)
            return
        look = snapshot_of(self._desk.snapshots, scope["path_template"])
        named = {name: str(value) for name, value in scope["path_params"].items()}
        before = look(named)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._write(scope, message["status"], difference(before, look(named)))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except HTTPException as error:
            await self._write(scope, error.status_code, {})
            raise

    async def _write(self, scope: Scope, status: int, changed: Told) -> None:
        who, is_refused = who_of(scope), status >= HTTPStatus.BAD_REQUEST
        deed = Deed(
            who=who or NOBODY,
            address=self._entrance.origin_of(scope).address,
            action=f"{scope['method']} {scope['path_template']}",
            target=_UNTOLD.sub("?", " ".join(str(value) for value in scope["path_params"].values())[:MOST_TARGET]),
            outcome=f"refused, {status}" if is_refused else DONE,
            details={**_members(scope), **more_of(scope), **changed},
            stranger=who is None and is_refused,
        )
        await self._desk.auditing.write(deed)


def _members(scope: Scope) -> dict[str, str | int]:
    """The names of what was sent, where a handler read it as JSON."""
    body: Any = ScopeState.from_scope(scope).json  # type: ignore[arg-type]
    if body is Empty or not isinstance(body, Mapping):
        return {}
    shown = [str(name) if _PLAIN_NAME.fullmatch(str(name)) else "?" for name in list(body)[:MOST_MEMBERS]]
    return {"fields": ", ".join(shown)} if shown else {}
