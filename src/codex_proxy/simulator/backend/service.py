"""The Codex backend: answers, lists, counters.

Rules of this file: what is refused stands in the dialect's strictness, what is answered in ``script`` and beside it.
An answer is paid for before it begins.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.base import AnswerIds, HeaderPairs, InvalidRequest, WireReply
from codex_proxy.protocols.codex.server import CodexServer
from codex_proxy.protocols.codex.strictness.body import Ground, check_body, check_compact_body
from codex_proxy.protocols.codex.strictness.refusal import Refused
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.backend.lookups import account_check, answer_headers, models_reply
from codex_proxy.simulator.backend.sealing import Sealer
from codex_proxy.simulator.backend.unstreamed import COMPACT, ECHOED, compact_reply, echo_reply
from codex_proxy.simulator.backend.visitors import STANDING_REPLIES, NotLetIn, Visitor, let_in
from codex_proxy.simulator.catalogue import models_named, models_of
from codex_proxy.simulator.incoming import Incoming, as_object
from codex_proxy.simulator.journal import Entry, Journal
from codex_proxy.simulator.player import Player
from codex_proxy.simulator.quota.account import AccountQuota
from codex_proxy.simulator.quota.book import QuotaBook
from codex_proxy.simulator.quota.telling import limit_event, limit_headers, limit_reply, usage_reply
from codex_proxy.simulator.scenario import Rule, Scenario
from codex_proxy.simulator.script import Performance, Raw, perform, reply_of
from codex_proxy.simulator.sections.accounts import Standing
from codex_proxy.simulator.unscripted.facts import Facts, read_facts

CODEX: Final = "/codex/"
RESPONSES: Final = "/codex/responses"
LITE_HEADER: Final = "x-openai-internal-codex-responses-lite"
CREDITS: Final = "/wham/rate-limit-reset-credits"

EMPTY: Final = WireReply(status=200, body=b"{}")
NOT_FOUND: Final = WireReply(status=404, body=b"")
UPGRADE: Final = WireReply(status=426, body=b"", headers=(("upgrade", "websocket"),))

_OPEN_STUBS: Final = {("POST", "/otlp/v1/metrics"): EMPTY, ("HEAD", RESPONSES): NOT_FOUND}
_STUBS: Final = {
    ("GET", "/wham/settings/user"): EMPTY,
    ("POST", "/codex/analytics-events/events"): EMPTY,
    ("GET", RESPONSES): UPGRADE,
}
_STUB_PREFIXES: Final = {("GET", "/ps/plugins/"): EMPTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendParts:
    """What the backend stands on.  ``is_revoked`` says whether the issuer took a visitor's access token back."""

    now: Callable[[], float]
    journal: Journal
    scenario: Callable[[], Scenario]
    is_revoked: Callable[[Visitor], bool]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody who was let in."""

    incoming: Incoming
    entry: Entry
    visitor: Visitor
    quota: AccountQuota
    models: list[JsonObject]
    player: Player

    @property
    def body(self) -> JsonObject:
        """The decoded body; raises ``InvalidRequest`` where it is no object."""
        return as_object(self.entry.body)


class CodexBackend:
    """Answers what is asked below ``/backend-api``."""

    def __init__(self, parts: BackendParts) -> None:
        self._parts = parts
        self._sealer = Sealer(parts.seed)
        self._codec = CodexServer()
        self._quotas = QuotaBook()

    async def serve(self, incoming: Incoming, entry: Entry, player: Player) -> None:
        """Answer one request."""
        try:
            entry.body = incoming.decoded()
            await self._serve(incoming, entry, player)
        except (NotLetIn, Refused) as refusal:
            await player.reply(self._signed(refusal.reply, entry))
        except InvalidRequest as error:
            await player.reply(WireReply(status=400, body=encode({"detail": str(error)})))

    async def _serve(self, incoming: Incoming, entry: Entry, player: Player) -> None:
        asked = (entry.method, entry.endpoint)
        if asked in _OPEN_STUBS:
            await player.reply(_OPEN_STUBS[asked])
            return
        visitor = let_in(incoming.headers, now=self._parts.now())
        self._parts.journal.assign(entry, visitor.account_id)
        visit = self._visit(incoming, entry, visitor, player)
        below = entry.endpoint.removeprefix(CODEX)
        if asked == ("POST", RESPONSES):
            await self._responses(visit)
        elif entry.method == "POST" and below in {COMPACT, *ECHOED}:
            await player.reply(self._unstreamed(below, visit))
        else:
            await player.reply(self._scripted_lookup(visit) or self._lookup(asked, visit))

    def _visit(self, incoming: Incoming, entry: Entry, visitor: Visitor, player: Player) -> Visit:
        settings = self._parts.scenario().account_of(visitor.person)
        if settings.standing is not Standing.ACTIVE:
            raise NotLetIn(STANDING_REPLIES[settings.standing])
        if self._parts.is_revoked(visitor):
            raise NotLetIn(STANDING_REPLIES[Standing.TOKEN_REVOKED])
        person = msgspec.structs.replace(visitor.person, plan=settings.plan or visitor.person.plan)
        visitor = msgspec.structs.replace(visitor, person=person)
        quota = self._quotas.quota_of(visitor.owner, settings, plan=person.plan, now=self._parts.now())
        models = models_of(person.plan) if settings.models is None else models_named(settings.models)
        return Visit(incoming=incoming, entry=entry, visitor=visitor, quota=quota, models=models, player=player)

    def _lookup(self, asked: tuple[str, str], visit: Visit) -> WireReply:
        person, now = visit.visitor.person, self._parts.now()
        match asked:
            case ("GET", "/codex/models"):
                return models_reply(visit.models, if_none_match=visit.incoming.headers.get("if-none-match"))
            case ("GET", "/wham/accounts/check"):
                return account_check(person, visit.incoming.origin)
            case ("GET", "/wham/usage" | "/codex/usage" | "/api/codex/usage"):
                return usage_reply(person, visit.quota, now)
            case ("GET", path) if path == CREDITS:
                return visit.quota.reset_credits.listing(now)
            case ("POST", path) if path == f"{CREDITS}/consume":
                return visit.quota.reset_credits.consume(visit.body, now=now, restart=visit.quota.restart)
        for (method, prefix), reply in _STUB_PREFIXES.items():
            if asked[0] == method and asked[1].startswith(prefix):
                return reply
        return _STUBS.get(asked, NOT_FOUND)

    def _scripted_lookup(self, visit: Visit) -> WireReply | None:
        """The reply of a rule that names this endpoint; rules for answers do not reach lookups."""
        endpoint = visit.entry.endpoint.removeprefix(CODEX).removeprefix("/")
        facts = self._facts(visit, {}, endpoint=endpoint)
        rule = self._parts.scenario().rule_for(facts, naming_endpoint=True)
        return None if rule is None else self._reply_of(rule, visit, facts)

    async def _responses(self, visit: Visit) -> None:
        body = visit.body
        lite = visit.incoming.headers.get(LITE_HEADER) == "true"
        facts = self._facts(visit, body, lite=lite)
        rule = self._parts.scenario().rule_for(facts)
        if rule is None or rule.strict:
            check_body(body, self._ground(visit))
        visit.entry.rule = None if rule is None else rule.name or "unnamed"
        account_id = visit.visitor.account_id
        performance = perform(facts, rule, seal=lambda content: self._sealer.seal(account_id, content))
        if performance.reply is None:
            self._charge(visit, facts.model)
            performance = self._with_limits(performance, visit, facts.model)
        parsed = self._codec.parse_request(encode(body), headers=visit.incoming.headers)
        stream = self._codec.open_stream(parsed.request, self._ids(visit.entry))
        await visit.player.play(performance, stream, self._headers(visit, facts.model))

    def _charge(self, visit: Visit, model: str) -> None:
        now = self._parts.now()
        blocking = visit.quota.take(model, now)
        if blocking is not None:
            request_id = self._request_id(visit.entry)
            raise Refused(limit_reply(visit.quota, blocking, model=model, now=now, request_id=request_id))

    def _with_limits(self, performance: Performance, visit: Visit, model: str) -> Performance:
        if not self._parts.scenario().rate_limit_events:
            return performance
        event = limit_event(visit.quota, model=model, now=self._parts.now())
        first = Raw(encode_frame(encode(event), str(event["type"])))
        return msgspec.structs.replace(performance, moments=(first, *performance.moments))

    def _unstreamed(self, endpoint: str, visit: Visit) -> WireReply:
        body = visit.body
        facts = self._facts(visit, body, endpoint=endpoint)
        rule = self._parts.scenario().rule_for(facts)
        scripted = None if rule is None else self._reply_of(rule, visit, facts)
        if scripted is not None:
            return scripted
        if endpoint in ECHOED:
            return echo_reply(endpoint, body)
        check_compact_body(body, self._ground(visit))
        self._charge(visit, facts.model)
        return compact_reply(body, lambda digest: self._sealer.seal(visit.visitor.account_id, digest))

    def _reply_of(self, rule: Rule, visit: Visit, facts: Facts) -> WireReply | None:
        if rule.reply is None:
            return None
        visit.entry.rule = rule.name or "unnamed"
        return reply_of(rule.reply, facts)

    def _facts(self, visit: Visit, body: JsonObject, *, lite: bool = False, endpoint: str = "responses") -> Facts:
        return read_facts(
            body,
            account_id=visit.visitor.account_id,
            request_number=visit.entry.account_ordinal,
            lite=lite,
            plan=visit.visitor.person.plan,
            endpoint=endpoint,
        )

    def _headers(self, visit: Visit, model: str) -> HeaderPairs:
        sent: Mapping[str, str] = visit.incoming.headers
        state = sent.get("x-codex-turn-state") or f"ts_{visit.visitor.account_id}_{visit.entry.ordinal}"
        return (
            ("content-type", "text/event-stream; charset=utf-8"),
            ("cache-control", "no-cache"),
            ("x-request-id", self._request_id(visit.entry)),
            ("x-codex-turn-state", state),
            *answer_headers(visit.models, model=model),
            *limit_headers(visit.quota, model=model, now=self._parts.now()),
        )

    def _ground(self, visit: Visit) -> Ground:
        efforts = {
            model["slug"]: tuple(level["effort"] for level in model["supported_reasoning_levels"])
            for model in visit.models
        }
        return Ground(
            efforts=efforts, is_issued=lambda sealed: self._sealer.is_issued(visit.visitor.account_id, sealed)
        )

    def _ids(self, entry: Entry) -> AnswerIds:
        token = hashlib.sha256(f"{self._parts.seed}/{entry.ordinal}".encode()).hexdigest()[:32]
        return AnswerIds(token=token, created_at=int(self._parts.now()), request_id=self._request_id(entry))

    def _request_id(self, entry: Entry) -> str:
        return f"req_{self._parts.seed}_{entry.ordinal}"

    def _signed(self, reply: WireReply, entry: Entry) -> WireReply:
        if any(name == "x-request-id" for name, _ in reply.headers):
            return reply
        headers = (*reply.headers, ("x-request-id", self._request_id(entry)))
        return WireReply(status=reply.status, body=reply.body, headers=headers)
