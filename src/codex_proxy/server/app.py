"""The ASGI application: a route table for the data plane, the control plane beside it.

Rules of this file: dispatch, keys, cross-origin rules and the last line of defence stand here and nowhere else; what
an endpoint does stands in ``api``.  A framework's request and response objects would double the cost of a stream
(measured), hence plain ASGI.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from codex_proxy.access.matrix.clients import scope_wanted
from codex_proxy.access.matrix.rules import Need, Rule, Rules, rule_of
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.asgi import Application, ClientGone, Receive, Scope, Send, header_map
from codex_proxy.server.cors import OWN_NAMES, CorsPolicy, is_own_host
from codex_proxy.server.incoming import Endpoint, Incoming, id_headers
from codex_proxy.server.paths import canonical_path
from codex_proxy.server.security import Authenticator, Caller, identify

EncodeFailure: TypeAlias = Callable[[Failure, Incoming], WireReply]
ReportDefect: TypeAlias = Callable[[str, Exception], None]

_REFUSED: Final = {
    "key_disabled": "the client key is switched off",
    "key_expired": "the client key's time is over",
}
_FOREIGN_SITES: Final = frozenset({"cross-site", "same-site"})
_MISDIRECTED: Final = Failure(
    kind=FailureKind.MISDIRECTED, message="this host name is not served here; the owner can list it in server.names"
)
_FOREIGN_PAGE: Final = Failure(kind=FailureKind.NOT_PERMITTED, message="pages of another site may not lead here")
_NO_KEY: Final = Failure(kind=FailureKind.BAD_KEY, message="the client key is missing or wrong")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint by method."""

    by_method: dict[str, Endpoint]


class RouteTable(msgspec.Struct, frozen=True, kw_only=True):
    """Data-plane routes by exact path and by prefix, and the paths that belong to the control plane.

    ``rules`` say what each wants, those of a prefix under its name with a ``*``; ``names`` gives host names of this
    gateway beside loopback's, all addresses and all names without a dot, which no stranger can give out.
    """

    exact: dict[str, Route]
    prefixes: dict[str, Route]
    control_plane: Application
    control_prefixes: tuple[str, ...]
    rules: Rules
    names: Callable[[], frozenset[str]] = frozenset

    def find(self, path: str) -> tuple[str, Route] | None:
        """The data-plane route for a canonical path, and its name among the rules."""
        found = self.exact.get(path)
        if found is not None:
            return path, found
        for prefix, route in self.prefixes.items():
            if path.startswith(prefix):
                return f"{prefix}*", route
        return None

    def is_own(self, host: str) -> bool:
        """Whether a ``Host`` header names this gateway."""
        return "." not in host or is_own_host(host, self.names() | OWN_NAMES)


class GatewayApplication:
    """The whole server as one ASGI callable."""

    def __init__(
        self,
        *,
        routes: RouteTable,
        authenticator: Authenticator,
        cors: Callable[[], CorsPolicy],
        encode_failure: EncodeFailure,
        report_defect: ReportDefect,
        new_request_id: Callable[[], str],
    ) -> None:
        self.routes = routes
        self._authenticator = authenticator
        self._cors = cors
        self._encode_failure = encode_failure
        self._report_defect = report_defect
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self.routes.control_plane(scope, receive, send)
            return
        path = canonical_path(scope["path"])
        if path.startswith(self.routes.control_prefixes):
            await self.routes.control_plane(scope, receive, send)
            return
        try:
            await self._serve(_incoming(scope, receive, send, path=path, request_id=self._new_request_id()))
        except ClientGone:
            return

    async def _serve(self, incoming: Incoming) -> None:
        origin, cors = incoming.headers.get("origin"), self._cors()
        if origin is not None and not cors.allows(origin):
            await self._refuse(incoming, FailureKind.NOT_PERMITTED, "this origin may not call the gateway")
            return
        incoming.common_headers.update(cors.reply_headers(origin))
        if incoming.method == "OPTIONS" and origin is not None:
            await incoming.reply(_preflight(cors, incoming.headers))
            return
        found = self.routes.find(incoming.path)
        if found is None:
            await self._refuse(incoming, FailureKind.UNKNOWN_PATH, f"unknown path {incoming.path}")
            return
        await self._serve_route(incoming, *found)

    async def _serve_route(self, incoming: Incoming, name: str, route: Route) -> None:
        endpoint = route.by_method.get(incoming.method) or (
            route.by_method.get("GET") if incoming.method == "HEAD" else None
        )
        if endpoint is None:
            incoming.common_headers["allow"] = ", ".join(sorted(route.by_method))
            await self._refuse(
                incoming, FailureKind.METHOD_NOT_ALLOWED, f"{incoming.method} is not allowed on {incoming.path}"
            )
            return
        rule = rule_of(self.routes.rules, "GET" if incoming.method == "HEAD" else incoming.method, name)
        refusal = self._why_not(incoming, rule)
        if refusal is None:
            await self._guarded(incoming, endpoint)
        else:
            await incoming.reply(self._encode_failure(refusal, incoming))

    def _why_not(self, incoming: Incoming, rule: Rule) -> Failure | None:
        """Why this request may not pass, None where it may."""
        caller = None if rule.need is Need.OPEN else identify(self._authenticator, incoming.headers, incoming.query)
        # Whoever shows a key is no page that had its name resolved to this machine: a browser adds no key by itself.
        if caller is None and not rule.any_host and not self.routes.is_own(incoming.headers.get("host", "")):
            return _MISDIRECTED
        if rule.acts and _is_foreign_page(incoming.headers):
            return _FOREIGN_PAGE
        incoming.caller = caller
        return None if rule.need is Need.OPEN else _refusal_of_key(caller, rule, incoming.path)

    async def _guarded(self, incoming: Incoming, endpoint: Endpoint) -> None:
        try:
            await endpoint(incoming)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - the server boundary: a defect must not take the process or leak its words
            self._report_defect(incoming.request_id, error)
            failure = Failure(kind=FailureKind.INTERNAL, message="internal error; the log has it under the request id")
            await incoming.reply(self._encode_failure(failure, incoming))

    async def _refuse(self, incoming: Incoming, kind: FailureKind, message: str) -> None:
        await incoming.reply(self._encode_failure(Failure(kind=kind, message=message), incoming))


def _refusal_of_key(caller: Caller | None, rule: Rule, path: str) -> Failure | None:
    if caller is None:
        return _NO_KEY
    if caller.refused is not None:
        words = _REFUSED.get(caller.refused, "the client key opens nothing")
        return Failure(kind=FailureKind.BAD_KEY, message=words, code=caller.refused)
    wanted = scope_wanted(rule, path) if rule.need is Need.INFERENCE else rule.need
    if wanted is None or caller.may(wanted):
        return None
    return Failure(kind=FailureKind.NOT_PERMITTED, message=f"this key lacks the scope {wanted.value}")


def _is_foreign_page(headers: Mapping[str, str]) -> bool:
    """Whether a page of another site led here without saying whose; one that says so was judged by its origin."""
    return "origin" not in headers and headers.get("sec-fetch-site", "none") in _FOREIGN_SITES


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
