"""The simulated Codex backend as an ASGI application.

Rules of this file: routes and state; what is refused stands in the dialect's strictness, what is answered in ``script``
and ``backend``.  Paths are taken with and without ``/backend-api``.  Everything received is in the journal.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import msgspec
import zstandard

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import AnswerIds, HeaderPairs, InvalidRequest, WireReply
from codex_proxy.protocols.codex.server import CodexServer
from codex_proxy.protocols.codex.strictness.body import Ground, check_body, check_compact_body
from codex_proxy.protocols.codex.strictness.refusal import Refused
from codex_proxy.protocols.parts.json_text import decode_object, encode
from codex_proxy.simulator.backend import (
    NotLetIn,
    Visitor,
    account_check,
    answer_headers,
    let_in,
    models_reply,
    usage_reply,
)
from codex_proxy.simulator.catalogue import models_of
from codex_proxy.simulator.journal import Entry, Journal
from codex_proxy.simulator.player import Player, Receive, Send
from codex_proxy.simulator.scenario import Scenario, ScenarioError, parse_scenario
from codex_proxy.simulator.script import perform, reply_of
from codex_proxy.simulator.sealing import Sealer
from codex_proxy.simulator.unscripted.facts import read_facts
from codex_proxy.simulator.unstreamed import COMPACT, ECHOED, compact_reply, echo_reply

MAX_BODY_BYTES: Final = 256 * 1024 * 1024
PREFIX: Final = "/backend-api"
CODEX: Final = "/codex/"
RESPONSES: Final = "/codex/responses"
LITE_HEADER: Final = "x-openai-internal-codex-responses-lite"

Scope: TypeAlias = dict[str, Any]

_EMPTY: Final = WireReply(status=200, body=b"{}")
_NOT_FOUND: Final = WireReply(status=404, body=b"")
_UPGRADE: Final = WireReply(status=426, body=b"", headers=(("upgrade", "websocket"),))
_OPEN_STUBS: Final = {("POST", "/otlp/v1/metrics"): _EMPTY, ("HEAD", RESPONSES): _NOT_FOUND}
_STUBS: Final = {
    ("GET", "/wham/settings/user"): _EMPTY,
    ("POST", "/codex/analytics-events/events"): _EMPTY,
    ("GET", RESPONSES): _UPGRADE,
}
_STUB_PREFIXES: Final = {("GET", "/ps/plugins/"): _EMPTY}


class SimulatedBackend:
    """Implements ASGI.  ``now`` gives epoch seconds; two backends of one seed say the same to the same requests."""

    def __init__(self, *, now: Callable[[], float], scenario: Scenario | None = None, seed: int = 0) -> None:
        self.journal = Journal()
        self._now = now
        self._scenario = scenario or Scenario()
        self._seed = seed
        self._sealer = Sealer(seed)
        self._codec = CodexServer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "websocket":
            await _deny_socket(scope, send)
        if scope["type"] != "http":
            return
        raw = await _body(receive)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"].removeprefix(PREFIX)
        if path.startswith("/__"):
            entry = Entry(method=scope["method"], path=path, at=0.0)
            await Player(entry, receive, send).reply(self._own(scope["method"], path, raw))
            return
        entry = self.journal.open(
            Entry(
                method=scope["method"],
                path=scope["path"],
                endpoint=path,
                query=scope["query_string"].decode("latin-1"),
                http_version=scope.get("http_version", ""),
                at=self._now(),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
                body_bytes=len(raw),
            )
        )
        player = Player(entry, receive, send)
        try:
            entry.body = _decoded(raw, headers.get("content-encoding", ""))
            await self._serve(entry, headers, player, scope.get("scheme", "http"))
        except (NotLetIn, Refused) as refusal:
            await player.reply(self._signed(refusal.reply, entry))
        except InvalidRequest as error:
            await player.reply(WireReply(status=400, body=encode({"detail": str(error)})))

    async def _serve(self, entry: Entry, headers: dict[str, str], player: Player, scheme: str) -> None:
        asked = (entry.method, entry.endpoint)
        if asked in _OPEN_STUBS:
            await player.reply(_OPEN_STUBS[asked])
            return
        visitor = let_in(headers, now=self._now(), request_id=self._request_id(entry))
        self.journal.assign(entry, visitor.account_id)
        if asked == ("POST", RESPONSES):
            await self._responses(entry, headers, visitor, player)
        elif entry.method == "POST" and _below_codex(entry) in {COMPACT, *ECHOED}:
            await player.reply(self._unstreamed(_below_codex(entry), entry, visitor))
        else:
            origin = f"{scheme}://{headers.get('host', '')}"
            await player.reply(self._whole(asked, entry, visitor, origin))

    def _whole(self, asked: tuple[str, str], entry: Entry, visitor: Visitor, origin: str) -> WireReply:
        match asked:
            case ("GET", "/codex/models"):
                return models_reply(visitor.plan)
            case ("GET", "/wham/accounts/check"):
                return account_check(visitor, origin)
            case ("GET", "/wham/usage" | "/codex/usage" | "/api/codex/usage"):
                return usage_reply(visitor, self._answered(visitor), self._now())
        for (method, prefix), reply in _STUB_PREFIXES.items():
            if asked[0] == method and asked[1].startswith(prefix):
                return reply
        return _STUBS.get(asked, _NOT_FOUND)

    async def _responses(self, entry: Entry, headers: dict[str, str], visitor: Visitor, player: Player) -> None:
        body = _object(entry.body)
        lite = headers.get(LITE_HEADER) == "true"
        facts = read_facts(
            body,
            account_id=visitor.account_id,
            request_number=entry.account_ordinal,
            lite=lite,
            plan=visitor.plan,
        )
        rule = self._scenario.rule_for(facts)
        if rule is None or rule.strict:
            check_body(body, self._ground(visitor))
        entry.rule = None if rule is None else rule.name or "unnamed"
        performance = perform(facts, rule, seal=lambda content: self._sealer.seal(visitor.account_id, content))
        parsed = self._codec.parse_request(encode(body), headers=headers)
        token = hashlib.sha256(f"{self._seed}/{entry.ordinal}".encode()).hexdigest()[:32]
        ids = AnswerIds(token=token, created_at=int(self._now()), request_id=self._request_id(entry))
        await player.play(
            performance, self._codec.open_stream(parsed.request, ids), self._headers(entry, visitor, body)
        )

    def _headers(self, entry: Entry, visitor: Visitor, body: JsonObject) -> HeaderPairs:
        sent = dict(entry.headers)
        state = sent.get("x-codex-turn-state") or f"ts_{visitor.account_id}_{entry.ordinal}"
        told = answer_headers(
            visitor, model=str(body.get("model")), requests_count=entry.account_ordinal, now=self._now()
        )
        return (
            ("content-type", "text/event-stream; charset=utf-8"),
            ("cache-control", "no-cache"),
            ("x-request-id", self._request_id(entry)),
            ("x-codex-turn-state", state),
            *told,
        )

    def _unstreamed(self, endpoint: str, entry: Entry, visitor: Visitor) -> WireReply:
        body = _object(entry.body)
        facts = read_facts(body, account_id=visitor.account_id, request_number=entry.account_ordinal, endpoint=endpoint)
        rule = self._scenario.rule_for(facts)
        if rule is not None and rule.reply is not None:
            entry.rule = rule.name or "unnamed"
            return reply_of(rule.reply, facts)
        if endpoint in ECHOED:
            return echo_reply(endpoint, body)
        check_compact_body(body, self._ground(visitor))
        return compact_reply(body, lambda digest: self._sealer.seal(visitor.account_id, digest))

    def _ground(self, visitor: Visitor) -> Ground:
        efforts = {
            model["slug"]: tuple(level["effort"] for level in model["supported_reasoning_levels"])
            for model in models_of(visitor.plan)
        }
        return Ground(efforts=efforts, is_issued=lambda sealed: self._sealer.is_issued(visitor.account_id, sealed))

    def _answered(self, visitor: Visitor) -> int:
        mine = [entry for entry in self.journal.entries() if entry.account == visitor.account_id]
        return sum(entry.endpoint == RESPONSES for entry in mine)

    def _own(self, method: str, path: str, raw: bytes) -> WireReply:
        match (method, path):
            case ("GET", "/__journal"):
                return WireReply(status=200, body=encode({"entries": msgspec.to_builtins(self.journal.entries())}))
            case ("POST", "/__journal/clear"):
                self.journal.clear()
                return _EMPTY
            case ("PUT", "/__scenario"):
                return self._take_scenario(raw)
        return _NOT_FOUND

    def _take_scenario(self, raw: bytes) -> WireReply:
        try:
            self._scenario = parse_scenario(raw.decode("utf-8", "replace"))
        except ScenarioError as error:
            return WireReply(status=400, body=encode({"error": str(error)}))
        return _EMPTY

    def _request_id(self, entry: Entry) -> str:
        return f"req_{self._seed}_{entry.ordinal}"

    def _signed(self, reply: WireReply, entry: Entry) -> WireReply:
        if any(name == "x-request-id" for name, _ in reply.headers):
            return reply
        headers = (*reply.headers, ("x-request-id", self._request_id(entry)))
        return WireReply(status=reply.status, body=reply.body, headers=headers)


def _below_codex(entry: Entry) -> str:
    return entry.endpoint.removeprefix(CODEX)


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    pieces: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        size_bytes += len(pieces[-1])
        if not message.get("more_body", False) or size_bytes > MAX_BODY_BYTES:
            return b"".join(pieces)


def _decoded(raw: bytes, encoding: str) -> Any:
    """The JSON of a body, unpacked; its text where it is something else, None where it is nothing."""
    if encoding == "zstd":
        try:
            with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as reader:
                raw = reader.read(MAX_BODY_BYTES)
        except zstandard.ZstdError:
            raise InvalidRequest("", "the body is not valid zstd data") from None
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw.decode("utf-8", "replace")


def _object(body: Any) -> JsonObject:
    return decode_object(encode(body) if not isinstance(body, str) else body.encode())


async def _deny_socket(scope: Scope, send: Send) -> None:
    """Refuse a WebSocket as a plain HTTP server does, so that Codex turns to HTTP at once."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.http.response.start", "status": _UPGRADE.status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})
