"""The application with a note taken of every request: when it came, what it was answered, and what passed.

Rules of this file: nobody is delayed and nothing is changed; what is noted costs a function call for each message.
"""

from collections.abc import Awaitable
from typing import Final

from codex_proxy.operations.request_log.capturing.capture import VISIT, Visit
from codex_proxy.operations.request_log.visits import Visits
from codex_proxy.server.asgi import Application, Message, Receive, Scope, Send, header_map
from codex_proxy.server.paths import canonical_path

MOST_REFUSAL: Final = 4096
_FIRST_ERROR: Final = 400


class LoggedApplication:
    """Wraps an application."""

    def __init__(self, application: Application, visits: Visits) -> None:
        self.application = application
        self._visits = visits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        visit = self._begun(scope)
        if visit is None:
            await self.application(scope, receive, send)
            return
        token = VISIT.set(visit)
        try:
            await self.application(scope, _heard(receive, visit), _told(send, visit))
        finally:
            VISIT.reset(token)
            self._visits.end(visit)

    def _begun(self, scope: Scope) -> Visit | None:
        if scope["type"] != "http":
            return None
        query = scope.get("query_string", b"").decode("latin-1")
        return self._visits.begin(scope["method"], canonical_path(scope["path"]), header_map(scope), query)


def _heard(receive: Receive, visit: Visit) -> Receive:
    if visit.capture is None:
        return receive
    body = visit.capture.request.body

    async def heard() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            body.add(message.get("body", b""))
        return message

    return heard


def _told(send: Send, visit: Visit) -> Send:
    answer = None if visit.capture is None else visit.capture.answer

    def told(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.body":
            if answer is not None:
                answer.body.add(message.get("body", b""))
            if visit.status is not None and visit.status >= _FIRST_ERROR and len(visit.refusal) < MOST_REFUSAL:
                visit.refusal += message.get("body", b"")[:MOST_REFUSAL]
        elif message["type"] == "http.response.start":
            visit.status = message["status"]
            if answer is not None:
                answer.status = message["status"]
                answer.headers = [
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
                ]
        return send(message)

    return told
