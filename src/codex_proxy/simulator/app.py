"""The simulated services as one ASGI application: backend, issuer, update feeds, the edge before them, and vendors.

Rules of this file: who answers which path, and the simulator's own endpoints below ``/__``.  The backend's paths are
taken with and without ``/backend-api``.  Everything received is in the journal, what vendors are asked in theirs.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.backend.service import EMPTY, NOT_FOUND, UPGRADE, BackendParts, CodexBackend
from codex_proxy.simulator.backend.visitors import Visitor
from codex_proxy.simulator.clock import MovableClock
from codex_proxy.simulator.edge.guard import Guard, Origin
from codex_proxy.simulator.incoming import Incoming, Scope, read_incoming
from codex_proxy.simulator.issuer.exchange import IssuerParts
from codex_proxy.simulator.issuer.service import Issuer
from codex_proxy.simulator.journal import Entry, Journal
from codex_proxy.simulator.player import DROP, Player, Receive, Send
from codex_proxy.simulator.scenario import Scenario, ScenarioError, parse_scenario
from codex_proxy.simulator.sections.edge import Service
from codex_proxy.simulator.updates import PATHS as UPDATE_PATHS
from codex_proxy.simulator.updates import update_reply
from codex_proxy.simulator.vendors.service import PREFIX as VENDORS
from codex_proxy.simulator.vendors.service import SimulatedVendors

PREFIX: Final = "/backend-api"
OWN: Final = "/__"


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /__clock``."""

    advance_seconds: Annotated[float, msgspec.Meta(ge=0)]


class GrantWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /__grant``: tokens for accounts, as if each had just logged in; ``plan`` is for those nobody knows."""

    accounts: list[str]
    plan: str = "plus"


class RevokeWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /__revoke``: the account's access tokens so far, and with ``logins`` everything it has."""

    account: str
    logins: bool = False


class SimulatedBackend:
    """Implements ASGI.  ``now`` gives epoch seconds; two backends of one seed say the same to the same requests."""

    def __init__(self, *, now: Callable[[], float], scenario: Scenario | None = None, seed: int = 0) -> None:
        self.journal = Journal()
        self.clock = MovableClock(now)
        self._scenario = scenario or Scenario()
        self._guard = Guard(self._scenario.edge)
        self._issuer = Issuer(
            IssuerParts(now=self.clock, journal=self.journal, scenario=lambda: self._scenario, seed=seed)
        )
        self._backend = CodexBackend(
            BackendParts(
                now=self.clock,
                journal=self.journal,
                scenario=lambda: self._scenario,
                is_revoked=self._is_revoked,
                seed=seed,
            )
        )
        self.vendors = SimulatedVendors(now=self.clock, vendors=lambda: self._scenario.vendors, seed=seed)
        self._own_endpoints: dict[tuple[str, str], Callable[[Incoming], WireReply]] = {
            ("GET", "/__journal"): self._tell_journal,
            ("POST", "/__journal/clear"): self._clear_journal,
            ("GET", "/__vendors"): self._tell_vendor_calls,
            ("POST", "/__vendors/clear"): self._clear_vendor_calls,
            ("PUT", "/__scenario"): self._take_scenario,
            ("GET", "/__tokens"): lambda _: _json(self._issuer.report()),
            ("POST", "/__grant"): self._grant,
            ("POST", "/__revoke"): self._revoke,
            ("GET", "/__clock"): self._tell_time,
            ("POST", "/__clock"): self._advance,
            ("GET", "/__ip"): lambda incoming: _json({"ip": incoming.address}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "websocket":
            await _deny_socket(scope, send)
        if scope["type"] != "http":
            return
        incoming = await read_incoming(scope, receive)
        path = incoming.path.removeprefix(PREFIX)
        if path.startswith(OWN):
            entry = Entry(method=incoming.method, path=path, at=0.0)
            await Player(entry, receive, send).reply(self._own(path, incoming))
            return
        drop = scope.get("extensions", {}).get(DROP, {}).get("drop")
        if incoming.path.startswith(VENDORS):
            await self.vendors.serve(incoming, receive, send, drop=drop)
            return
        entry = self.journal.open(self._entry(incoming, path))
        service = Service.ISSUER if incoming.path in self._issuer.paths else Service.BACKEND
        origin = _origin(incoming, service)
        player = Player(entry, receive, send, extra=self._guard.cookies(origin), drop=drop)
        refusal = self._guard.judge(origin)
        if refusal is not None:
            await player.reply(refusal)
        elif incoming.path in UPDATE_PATHS:
            await player.reply(update_reply(incoming.path, self._scenario.updates, incoming.origin))
        elif service is Service.ISSUER:
            await self._issuer.serve(incoming, entry, player)
        else:
            await self._backend.serve(incoming, entry, player)

    def _entry(self, incoming: Incoming, path: str) -> Entry:
        return Entry(
            method=incoming.method,
            path=incoming.path,
            endpoint=path,
            query=incoming.query,
            http_version=incoming.http_version,
            at=self.clock(),
            peer=incoming.address,
            headers=list(incoming.pairs),
            body_bytes=len(incoming.raw),
        )

    def _is_revoked(self, visitor: Visitor) -> bool:
        return self._issuer.ledger.is_revoked(
            visitor.account_id, session_id=visitor.session_id, token_id=visitor.token_id
        )

    def _own(self, path: str, incoming: Incoming) -> WireReply:
        answer = self._own_endpoints.get((incoming.method, path))
        try:
            return NOT_FOUND if answer is None else answer(incoming)
        except (msgspec.ValidationError, msgspec.DecodeError, ScenarioError) as error:
            return _json({"error": str(error)}, status=400)

    def _tell_journal(self, incoming: Incoming) -> WireReply:
        return _json({"entries": msgspec.to_builtins(self.journal.entries())})

    def _clear_journal(self, incoming: Incoming) -> WireReply:
        self.journal.clear()
        return EMPTY

    def _tell_vendor_calls(self, incoming: Incoming) -> WireReply:
        return _json({"calls": msgspec.to_builtins(self.vendors.journal.calls())})

    def _clear_vendor_calls(self, incoming: Incoming) -> WireReply:
        self.vendors.journal.clear()
        return EMPTY

    def _take_scenario(self, incoming: Incoming) -> WireReply:
        self._scenario = parse_scenario(incoming.raw.decode("utf-8", "replace"))
        self._guard = Guard(self._scenario.edge)
        return EMPTY

    def _grant(self, incoming: Incoming) -> WireReply:
        wanted = msgspec.json.decode(incoming.raw, type=GrantWanted)
        return _json({"granted": self._issuer.grant(wanted.accounts, plan=wanted.plan, origin=incoming.origin)})

    def _revoke(self, incoming: Incoming) -> WireReply:
        wanted = msgspec.json.decode(incoming.raw, type=RevokeWanted)
        self._issuer.ledger.revoke_access_tokens(wanted.account)
        if wanted.logins:
            self._issuer.ledger.revoke_account(wanted.account)
        return EMPTY

    def _tell_time(self, incoming: Incoming) -> WireReply:
        return _json({"now": self.clock()})

    def _advance(self, incoming: Incoming) -> WireReply:
        self.clock.advance(msgspec.json.decode(incoming.raw, type=Advance).advance_seconds)
        return self._tell_time(incoming)


def _json(told: Any, *, status: int = 200) -> WireReply:
    return WireReply(status=status, body=encode(told))


def _origin(incoming: Incoming, service: Service) -> Origin:
    headers = incoming.headers
    return Origin(
        service=service, address=incoming.address, via=headers.get("via", ""), cookie=headers.get("cookie", "")
    )


async def _deny_socket(scope: Scope, send: Send) -> None:
    """Refuse a WebSocket as a plain HTTP server does, so that Codex turns to HTTP at once."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.http.response.start", "status": UPGRADE.status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})
