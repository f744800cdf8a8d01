"""Requests on their way through, told to the log: the exchange when it ends, the request when it was answered.

Rules of this file: everything here runs while a client is being served; it keeps references and looks at nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode

from codex_proxy.accounts.choice.explanation import Explanation
from codex_proxy.gateway.ports import Clock, ExchangeRecord
from codex_proxy.operations.request_log.capturing.capture import VISIT, Body, Capture, CapturedMessage, Visit
from codex_proxy.operations.request_log.items import Answered, Told
from codex_proxy.operations.request_log.state import Level, LogSwitch
from codex_proxy.operations.request_log.store import LogWriter

ITEM_BYTES: Final = 2_000  # about what a record and its explanation take
_UNKNOWN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""What anybody can have answered without a key: not to be let into a log of bounded size."""
_ASKED_BY_QUERY: Final = frozenset({"alt", "api-version", "beta"})
"""Members of a query that say how to answer; others may be a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitParts:
    """What visits are noted with; ``explain`` finds why a request went where it went."""

    switch: LogSwitch
    writer: LogWriter
    clock: Clock
    explain: Callable[[str], Explanation | None]


class Visits:
    """Implements the gateway's ``Observer``, and notes requests around it.

    ``skips`` are the beginnings of paths that are nobody's request to a model; of ``never`` nothing is ever kept.
    """

    def __init__(self, parts: VisitParts, *, skips: tuple[str, ...], never: tuple[str, ...]) -> None:
        self._parts = parts
        self._skips = skips
        self._never = never

    def begin(self, method: str, path: str, headers: Mapping[str, str], query: str = "") -> Visit | None:
        """A request came; None where nothing is kept of it.  ``query`` is as it was sent."""
        switch, clock = self._parts.switch, self._parts.clock
        level = switch.kept
        if level is Level.OFF or path.startswith(self._never):
            return None
        if switch.policy.protocol_only and path.startswith(self._skips):
            return None
        visit = Visit(
            method=method,
            path=path,
            started_at=clock.now(),
            began_at=clock.monotonic(),
            client_request_id=headers.get("x-client-request-id") or headers.get("x-request-id"),
        )
        if level is Level.BODIES:
            visit.capture = _capture(visit, headers, query, switch.policy.body_bytes)
        return visit

    def named(self, request_id: str) -> str:
        """The request that is being served here has this id, which is given back."""
        visit = VISIT.get()
        if visit is not None:
            visit.request_id = request_id
        return request_id

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        visit = VISIT.get()
        if visit is not None and visit.request_id == record.request_id:
            visit.is_exchange = True
        if self._parts.switch.kept is not Level.OFF:
            told = Told(record=record, explanation=self._parts.explain(record.request_id))
            self._parts.writer.add(told, ITEM_BYTES)

    def end(self, visit: Visit) -> None:
        """The request was answered, or its client left."""
        if not visit.request_id or not self._is_kept(visit):
            return
        answered = Answered(
            request_id=visit.request_id,
            method=visit.method,
            path=visit.path,
            status=visit.status,
            started_at=visit.started_at,
            duration_seconds=self._parts.clock.monotonic() - visit.began_at,
            client_request_id=visit.client_request_id,
            refusal=visit.refusal,
            capture=visit.capture,
        )
        size_bytes = ITEM_BYTES if visit.capture is None else ITEM_BYTES + visit.capture.size_bytes
        self._parts.writer.add(answered, size_bytes)

    def _is_kept(self, visit: Visit) -> bool:
        if visit.is_exchange or not self._parts.switch.policy.protocol_only:
            return True
        is_refusal = visit.status is not None and visit.status >= HTTPStatus.BAD_REQUEST
        return is_refusal and visit.status not in _UNKNOWN


def _capture(visit: Visit, headers: Mapping[str, str], query: str, limit_bytes: int) -> Capture:
    told = tuple(headers.items())
    request = CapturedMessage(Body(limit_bytes), method=visit.method, target=_target(visit.path, query), headers=told)
    return Capture(limit_bytes, visit.began_at, request, CapturedMessage(Body(limit_bytes)))


def _target(path: str, query: str) -> str:
    told = [(name, value) for name, value in parse_qsl(query) if name in _ASKED_BY_QUERY]
    return f"{path}?{urlencode(told)}" if told else path
