"""Sessions of the dashboard in Litestar's words: its middleware, over the book of sessions.

Rules of this file: a token that a browser brings is known or nothing, never taken for a new session's; what changes a
session gives it another token; one that was ended meanwhile is not opened again by a request that was under way.
Litestar's own back end keeps a token through the login (session fixation) and writes the session after every request,
hence the other one.  Source: recipes; OWASP session management.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.middleware.session.server_side import ServerSideSessionBackend, ServerSideSessionConfig
from litestar.stores.base import Store
from litestar.types import Empty, Message, ScopeSession

from codex_proxy.access.dashboard.sessions import Session, SessionBook
from codex_proxy.server.admin.access.entrance import Connection, Entrance, scope_of

COOKIE: Final = "codex_proxy_session"
SECURE_PREFIX: Final = "__Host-"
"""Browsers keep other hosts from setting cookies of such names."""
STORE: Final = "sessions"
_LOADED: Final = "codex_proxy.session"


class BookStore(Store):
    """Implements Litestar's store; keys are tokens, values sessions as JSON."""

    def __init__(self, book: SessionBook, *, now: Callable[[], float]) -> None:
        self._book = book
        self._now = now

    async def set(self, key: str, value: str | bytes, expires_in: Any = None) -> None:
        """Open the session; how long it lives is the book's."""
        self._book.open(key, msgspec.json.decode(value, type=Session))

    async def get(self, key: str, renew_for: Any = None) -> bytes | None:
        """The session, which counts as seen."""
        session = self._book.find(key, self._now())
        return None if session is None else msgspec.json.encode(session)

    async def delete(self, key: str) -> None:
        """Know this token no more."""
        self._book.end(key)

    async def delete_all(self) -> None:
        """End every session."""
        self._book.end_all()

    async def exists(self, key: str) -> bool:
        """Whether this token opens a session."""
        return self._book.find(key, self._now()) is not None

    async def expires_in(self, key: str) -> int | None:
        """Not told: a session ends by rest and by age."""
        return None


class RotatingSessions(ServerSideSessionBackend):
    """Litestar's back end with new tokens where it matters."""

    def __init__(self, config: ServerSideSessionConfig, entrance: Entrance) -> None:
        super().__init__(config)
        self._entrance = entrance

    def get_session_id(self, connection: Connection) -> str:
        """The token that opened the session of this request, empty without one."""
        token: str = scope_of(connection)[_LOADED][0]
        return token

    async def load_from_connection(self, connection: Connection) -> dict[str, Any]:
        """The session of the token in the cookie; empty for one that nobody knows."""
        token = connection.cookies.get(self._cookie_name(connection), "")
        kept = await self.get(token, self._store(connection)) if token else None
        loaded = {} if kept is None else self.deserialize_data(kept)
        scope_of(connection)[_LOADED] = (token if loaded else "", loaded)
        return dict(loaded)

    async def store_in_message(self, scope_session: ScopeSession, message: Message, connection: Connection) -> None:
        """Keep the session where it changed, by a new token."""
        token, loaded = scope_of(connection)[_LOADED]
        if scope_session == loaded:
            return
        store = self._store(connection)
        still_open = not token or await store.exists(token)
        await store.delete(token)
        if scope_session is Empty or not scope_session or not still_open:
            self._hand_out(message, connection, token="", lives_seconds=0)
            return
        fresh = self.generate_session_id()
        await self.set(fresh, self.serialize_data(scope_session), store)
        self._hand_out(message, connection, token=fresh, lives_seconds=self.config.max_age)

    def _hand_out(self, message: Message, connection: Connection, *, token: str, lives_seconds: int) -> None:
        cookie = Cookie(
            key=self._cookie_name(connection),
            value=token,
            path="/",
            max_age=lives_seconds,
            secure=self._is_secure(connection),
            httponly=True,
            samesite="strict",
        )
        MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))

    def _store(self, connection: Connection) -> Store:
        return self.config.get_store_from_app(connection.scope["litestar_app"])

    def _is_secure(self, connection: Connection) -> bool:
        return self._entrance.origin_of(scope_of(connection)).secure

    def _cookie_name(self, connection: Connection) -> str:
        return SECURE_PREFIX + COOKIE if self._is_secure(connection) else COOKIE
