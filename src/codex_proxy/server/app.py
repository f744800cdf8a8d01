"""The ASGI application: a route table for the data plane, the control plane beside it.

Rules of this file: dispatch, keys, cross-origin rules and the last line of defence stand here and nowhere else; what
an endpoint does stands in ``api``.  A framework's request and response objects would double the cost of a stream
(measured), hence plain ASGI.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.asgi import Application, ClientGone, Receive, Scope, Send, header_map
from codex_proxy.server.client_keys.scopes import scope_of
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.incoming import Endpoint, Incoming, id_headers
from codex_proxy.server.paths import canonical_path
from codex_proxy.server.security import Authenticator, identify

EncodeFailure: TypeAlias = Callable[[Failure, Incoming], WireReply]
ReportDefect: TypeAlias = Callable[[str, Exception], None]

_REFUSED: Final = {
    "key_disabled": "the client key is switched off",
    "key_expired": "the client key's time is over",
}


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint by method.  ``open_to_all`` routes want no key."""

    by_method: dict[str, Endpoint]
    open_to_all: bool = False


class RouteTable(msgspec.Struct, frozen=True, kw_only=True):
    """Data-plane routes by exact path and by prefix, and the paths that belong to the control plane."""

    exact: dict[str, Route]
    prefixes: dict[str, Route]
    control_plane: Application
    control_prefixes: tuple[str, ...]

    def find(self, path: str) -> Route | None:
        """The data-plane route for a canonical path."""
        found = self.exact.get(path)
        if found is not None:
            return found
        for prefix, route in self.prefixes.items():
            if path.startswith(prefix):
                return route
        return None


class GatewayApplication:
    """The whole server as one ASGI callable."""

    def __init__(
        self,
        *,
        routes: RouteTable,
        authenticator: Authenticator,
        cors: CorsPolicy,
        encode_failure: EncodeFailure,
        report_defect: ReportDefect,
        new_request_id: Callable[[], str],
    ) -> None:
        self._routes = routes
        self._authenticator = authenticator
        self._cors = cors
        self._encode_failure = encode_failure
        self._report_defect = report_defect
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self._routes.control_plane(scope, receive, send)
            return
        path = canonical_path(scope["path"])
        if path.startswith(self._routes.control_prefixes):
            await self._routes.control_plane(scope, receive, send)
            return
        try:
            await self._serve(_incoming(scope, receive, send, path=path, request_id=self._new_request_id()))
        except ClientGone:
            return

    async def _serve(self, incoming: Incoming) -> None:
        origin = incoming.headers.get("origin")
        if origin is not None and not self._cors.allows(origin):
            await self._refuse(incoming, FailureKind.NOT_PERMITTED, "this origin may not call the gateway")
            return
        incoming.common_headers.update(self._cors.reply_headers(origin))
        if incoming.method == "OPTIONS" and origin is not None:
            await incoming.reply(_preflight(self._cors, incoming.headers))
            return
        route = self._routes.find(incoming.path)
        if route is None:
            await self._refuse(incoming, FailureKind.UNKNOWN_PATH, f"unknown path {incoming.path}")
            return
        await self._serve_route(incoming, route)

    async def _serve_route(self, incoming: Incoming, route: Route) -> None:
        endpoint = route.by_method.get(incoming.method) or (
            route.by_method.get("GET") if incoming.method == "HEAD" else None
        )
        if endpoint is None:
            incoming.common_headers["allow"] = ", ".join(sorted(route.by_method))
            await self._refuse(
                incoming, FailureKind.METHOD_NOT_ALLOWED, f"{incoming.method} is not allowed on {incoming.path}"
            )
            return
        if not route.open_to_all and not await self._admit(incoming):
            return
        await self._guarded(incoming, endpoint)

    async def _admit(self, incoming: Incoming) -> bool:
        caller = identify(self._authenticator, incoming.headers, incoming.query)
        if caller is None:
            await self._refuse(incoming, FailureKind.BAD_KEY, "the client key is missing or wrong")
            return False
        if caller.refused is not None:
            words = _REFUSED.get(caller.refused, "the client key opens nothing")
            await self._refuse(incoming, FailureKind.BAD_KEY, words, code=caller.refused)
            return False
        scope = scope_of(incoming.method, incoming.path)
        if scope is not None and not caller.may(scope):
            await self._refuse(incoming, FailureKind.NOT_PERMITTED, f"this key lacks the scope {scope.value}")
            return False
        incoming.caller = caller
        return True

    async def _guarded(self, incoming: Incoming, endpoint: Endpoint) -> None:
        try:
            await endpoint(incoming)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the server boundary: a defect must not take the process or leak its words
            self._report_defect(incoming.request_id, error)
            failure = Failure(kind=FailureKind.INTERNAL, message="internal error; the log has it under the request id")
            await incoming.reply(self._encode_failure(failure, incoming))

    async def _refuse(self, incoming: Incoming, kind: FailureKind, message: str, *, code: str | None = None) -> None:
        await incoming.reply(self._encode_failure(Failure(kind=kind, message=message, code=code), incoming))


def _incoming(scope: Scope, receive: Receive, send: Send, *, path: str, request_id: str) -> Incoming:
    headers = header_map(scope)
    return Incoming(
        method=scope["method"],
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        request_id=request_id,
        common_headers=id_headers(request_id, headers),
        receive=receive,
        send=send,
        arrived_at=scope.get("server"),
    )


def _preflight(cors: CorsPolicy, headers: Mapping[str, str]) -> WireReply:
    return WireReply(status=204, body=b"", headers=tuple(cors.preflight_headers(headers).items()))
