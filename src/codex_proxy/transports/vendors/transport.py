"""The transport of calls to vendors: every base URL passes the guard each time it is used.

Rules of this file: a call goes to an address that was checked, also where an HTTP client is kept alive or an egress
proxy stands between; a private address is this network's own and is never asked through an egress proxy, which stands
in another.  A redirect is a failure, and nothing is sent where it points.  Failures name the vendor and its host, never
an address that a name resolved to.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from ipaddress import ip_address
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Guarding, Route, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.addresses import Reach, reach_of
from codex_proxy.transports.clients import Binding, refuse_wrong_proxy
from codex_proxy.transports.guard import AddressRefused, CheckedUrl
from codex_proxy.transports.http import ADDRESS_REFUSED, HttpTransport, refused_by_egress
from codex_proxy.transports.vendors.checks import AddressChecks
from codex_proxy.transports.vendors.relay import EgressRelay

REDIRECTED: Final = "redirected"
_USER_AGENT: Final = "user-agent"
_NOT_MODIFIED: Final = 304
_SOCKS: Final = ("socks5", "socks5h")
_HOW_TO_ALLOW: Final = "; allow_private on its key lets it, or security.allow_private_upstreams"


class VendorTransport:
    """Makes guarded calls; implements the gateway's ``Transport``.

    ``user_agent`` is ours, for calls that name none.
    """

    def __init__(self, *, http: HttpTransport, checks: AddressChecks, relay: EgressRelay, user_agent: str) -> None:
        self._http = http
        self._checks = checks
        self._relay = relay
        self._user_agent = user_agent

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        """Send the call and wait for the reply's headers; the route needs its ``guarding``.  See ``Transport``."""
        if route.guarding is None or not call.path.startswith("/"):
            raise ValueError("a vendor's call needs a guarded route and a path")
        return self._open(self._signed(call), route, route.guarding)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()
        await self._relay.close()

    @asynccontextmanager
    async def _open(self, call: UpstreamCall, route: Route, guarding: Guarding) -> AsyncIterator[UpstreamReply]:
        refuse_wrong_proxy(route.egress_url)
        checked = await self._check(route, guarding)
        async with AsyncExitStack() as stack:
            reply = await self._first_reply(stack, call, route, checked)
            if 300 <= reply.status < 400 and reply.status != _NOT_MODIFIED:
                raise TransportError(_redirected(route, reply.status))
            yield reply

    async def _check(self, route: Route, guarding: Guarding) -> CheckedUrl:
        try:
            return await self._checks.check(route.base_url, allow_private=guarding.allow_private)
        except AddressRefused as refused:
            raise TransportError(_refused(route, refused)) from None

    async def _first_reply(
        self, stack: AsyncExitStack, call: UpstreamCall, route: Route, checked: CheckedUrl
    ) -> UpstreamReply:
        """The reply of the first address that can be connected to."""
        for address in checked.addresses:
            binding = await self._binding(route, checked, address)
            way = route if binding.proxy_url is not None else _direct(route)
            try:
                reply = await stack.enter_async_context(self._http.open(call, way, binding=binding))
            except TransportError as error:
                if error.failure.sent is Sent.NOTHING_SENT:
                    self._note(route, None)
                if error.failure.sent is Sent.MAYBE_SENT or address == checked.addresses[-1]:
                    raise TransportError(self._explained(error.failure, way)) from None
            else:
                self._note(route, address)
                return reply
        raise AssertionError("a checked URL has an address")

    def _note(self, route: Route, address: str | None) -> None:
        allow_private = route.guarding is not None and route.guarding.allow_private
        self._checks.went_to(route.base_url, allow_private=allow_private, address=address)

    async def _binding(self, route: Route, checked: CheckedUrl, address: str) -> Binding:
        proxy_url = await self._proxy_url(route.egress_url, address, checked.port)
        return Binding(name=checked.name, address=address, port=checked.port, proxy_url=proxy_url)

    async def _proxy_url(self, egress_url: str | None, address: str, port: int) -> str | None:
        """A proxy that gets the address and no name; None for a direct connection."""
        if egress_url is None or reach_of(ip_address(address)) is Reach.PRIVATE:
            return None
        scheme, _, rest = egress_url.partition("://")
        if scheme in _SOCKS:
            return f"{_SOCKS[0]}://{rest}"
        return await self._relay.proxy_url(egress_url, address=address, port=port)

    def _signed(self, call: UpstreamCall) -> UpstreamCall:
        if any(name == _USER_AGENT for name, _ in call.headers):
            return call
        return msgspec.structs.replace(call, headers=(*call.headers, (_USER_AGENT, self._user_agent)))

    def _explained(self, failure: Failure, way: Route) -> Failure:
        """The same in the egress proxy's own words, where the relay was told some."""
        if way.egress_url is None or failure.sent is Sent.MAYBE_SENT:
            return failure
        trouble = self._relay.trouble(way.egress_url)
        return failure if trouble is None else refused_by_egress(way, trouble)


def _direct(route: Route) -> Route:
    return msgspec.structs.replace(route, egress_url=None, egress_name=None)


def _refused(route: Route, refused: AddressRefused) -> Failure:
    hint = _HOW_TO_ALLOW if refused.allowing_helps else ""
    return Failure(
        kind=FailureKind.UNREACHABLE,
        message=f"{route.upstream_name} is not asked: {refused}{hint}",
        code=ADDRESS_REFUSED,
        sent=Sent.NOTHING_SENT,
    )


def _redirected(route: Route, status: int) -> Failure:
    return Failure(
        kind=FailureKind.GARBLED,
        message=f"{route.upstream_name} leads on to another address, which is not followed: is its base URL right?",
        code=REDIRECTED,
        status=status,
    )
