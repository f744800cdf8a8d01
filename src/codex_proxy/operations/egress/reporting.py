"""The transport that tells of every call whether its way out let it through.

Rules of this file: the one place where that is told, whoever calls and whatever for, so that a dead egress is known
from the first call that meets it.  What breaks later, within an answer, is no news of the way.
"""

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol

from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.ports import Route, Transport, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall


class WayReports(Protocol):
    """Hears whether calls got through, by the way they left (``Route.egress_id``)."""

    def came_through(self, egress_id: str) -> None:
        """A call got an answer this way, whatever it says."""
        ...

    def blame(self, egress_id: str, failure: Failure) -> None:
        """A call got no answer this way; whether that is about the way is for the hearer to tell."""
        ...


class ReportingTransport:
    """Implements the gateway's ``Transport`` over another one, and tells ``reports``."""

    def __init__(self, transport: Transport, reports: WayReports) -> None:
        self._transport = transport
        self._reports = reports

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        """See ``Transport``."""
        return _Passage(self._transport.open(call, route), route.egress_id, self._reports)


class _Passage(AbstractAsyncContextManager[UpstreamReply]):
    """One call on its way."""

    __slots__ = ("_call", "_egress_id", "_reports")

    def __init__(self, call: AbstractAsyncContextManager[UpstreamReply], egress_id: str, reports: WayReports) -> None:
        self._call = call
        self._egress_id = egress_id
        self._reports = reports

    async def __aenter__(self) -> UpstreamReply:
        try:
            reply = await self._call.__aenter__()
        except TransportError as error:
            self._reports.blame(self._egress_id, error.failure)
            raise
        self._reports.came_through(self._egress_id)
        return reply

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._call.__aexit__(kind, error, trace)
