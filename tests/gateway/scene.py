"""A gateway over a scripted upstream, with accounts, a clock that never waits, and a client that notes what it got."""

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect, Request, Role, SessionHints, Turn
from codex_proxy.canonical.target import Credential
from codex_proxy.framing.sse import encode_frame
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.continuation import Continuation, LearnedRejects
from codex_proxy.gateway.exchange import ExchangeInput, Gateway, GatewayParts
from codex_proxy.gateway.failover import FailoverPolicy
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.ports import Accepted, ExchangeRecord, Observer, Route
from codex_proxy.gateway.prepare import Defaults
from codex_proxy.gateway.selection import QueuePolicy, Selection
from codex_proxy.gateway.upstreams.accounts import AccountParts, AccountUpstream, UpstreamPlace
from codex_proxy.protocols.base import AnyStep, PassedStep, Step
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.routing.resolve import Resolver
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, ScriptedTransport, Stall
from tests.protocols.codex.parts import CLIENT

NOW = 1000.0


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


class Client:
    """Takes an answer and keeps its events."""

    def __init__(self) -> None:
        self.facts: Accepted | None = None
        self.events: list[ev.Event] = []
        self.batches = 0
        self.frames_count = 0
        self.passed = b""

    def accepted(self, accepted: Accepted) -> None:
        self.facts = accepted

    async def deliver(self, steps: Sequence[AnyStep]) -> None:
        self.batches += 1
        self.frames_count += sum(isinstance(step, Step) and step.frame is not None for step in steps)
        self.passed += b"".join(step.raw for step in steps if isinstance(step, PassedStep))
        self.events += [event for step in steps for event in step.events]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, ev.TextDelta))

    @property
    def ending(self) -> ev.Ending | None:
        ended = [event for event in self.events if isinstance(event, ev.ResponseEnded)]
        assert len(ended) <= 1
        return ended[0].ending if ended else None


class Records:
    """Keeps what observers are told."""

    def __init__(self) -> None:
        self.all: list[ExchangeRecord] = []

    def finished(self, record: ExchangeRecord) -> None:
        self.all.append(record)


class EgressTold:
    """Implements ``EgressReports``: what was refused, by the way it came."""

    def __init__(self) -> None:
        self.refusals: list[tuple[str, FailureKind]] = []

    def refused(self, egress_id: str, failure: Failure) -> None:
        self.refusals.append((egress_id, failure.kind))


class Renewals:
    """Gives accounts new tokens while there are some left."""

    def __init__(self, pool: AccountPool, clock: FakeClock) -> None:
        self.left: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self._pool, self._clock = pool, clock

    async def renew(self, account: Account) -> bool:
        self.asked.append(account.row_id)
        tokens = self.left.get(account.row_id)
        if not tokens:
            return False
        self._pool.add(Account(row_id=account.row_id, credential=Credential(token=tokens.pop(0))), self._clock.now())
        return True


class Scene:
    """Two accounts, ``a`` and ``b``, in this order."""

    def __init__(
        self,
        *,
        policy: ChoicePolicy | None = None,
        queue: QueuePolicy | None = None,
        strict: bool = False,
        accounts: str = "ab",
        observer: Observer | None = None,
        transport: ScriptedTransport | None = None,
    ) -> None:
        self.transport, self.clock, self.records = transport or ScriptedTransport(), FakeClock(), Records()
        self.leases, self.orphans = MemoryLeaseBook(), Orphanage()
        self.pool = AccountPool(affinity=AffinityMap(), policy=policy or ChoicePolicy(strategy=Strategy.ROUND_ROBIN))
        for row_id in accounts:
            self.pool.add(Account(row_id=row_id, credential=Credential(token=f"token-{row_id}")), NOW)
        self.renewals = Renewals(self.pool, self.clock)
        self.complaints: list[str] = []
        self.hints: list[tuple[str, str]] = []
        self.shut: dict[str, Failure] = {}
        self.egress = EgressTold()
        codec, ids = CodexClient(), itertools.count()
        waits = queue or QueuePolicy(timeout_seconds=0.02)
        self.selection = Selection(pool=self.pool, leases=self.leases, clock=self.clock, queue=waits)
        accounts_parts = AccountParts(
            codec=codec,
            selection=self.selection,
            pool=self.pool,
            continuation=Continuation(new_id=lambda: f"id-{next(ids)}"),
            rejects=LearnedRejects(),
            clock=self.clock,
            client=lambda: CLIENT,
            place_of=self.place_of,
            egress=self.egress,
            renewal=self.renewals,
            models_hinted=lambda row_id, etag: self.hints.append((row_id, etag)),
        )
        self.parts = GatewayParts(
            runner=AttemptRunner(transport=self.transport, orphans=self.orphans),
            accounts=AccountUpstream(accounts_parts),
            clock=self.clock,
            resolver=lambda: Resolver(catalogue=packaged_catalogue(), aliases={}, default="gpt-5.4"),
            defaults=lambda: Defaults(strict=strict),
            failover=FailoverPolicy(),
            observer=Observers(
                (self.records,) if observer is None else (observer, self.records),
                complain=lambda name, error: self.complaints.append(f"{name}: {error}"),
            ),
        )
        self.gateway = Gateway(self.parts)

    def place_of(self, account: Account) -> UpstreamPlace | Failure:
        """Every account leaves by an egress of its name, unless that is shut."""
        shut = self.shut.get(account.row_id)
        if shut is not None:
            return shut
        egress_id = f"egress-{account.row_id}"
        return UpstreamPlace(
            route=Route(base_url="http://upstream.invalid", account_id=account.row_id, egress_id=egress_id)
        )

    async def ask(self, **changes: Any) -> tuple[Client, Failure | None]:
        client = Client()
        return client, await self.gateway.run(exchange(**changes), client)

    @property
    def callers(self) -> list[str]:
        return [route.account_id for route, _ in self.transport.calls]

    def state(self, row_id: str) -> State:
        return self.pool.verdicts(self.clock.now())[row_id].state


def exchange(*, conversation: str | None = None, **changes: Any) -> ExchangeInput:
    known: dict[str, Any] = {
        "dialect": Dialect.OPENAI_CHAT,
        "model": "gpt-5.4",
        "turns": (Turn(role=Role.USER, blocks=(Text(text="hi"),)),),
        "stream": True,
        "session": SessionHints(conversation_id=conversation),
    }
    return ExchangeInput(request=Request(**known | changes), request_id="req", client_key_id="key")


def frame(**members: Any) -> bytes:
    return encode_frame(json.dumps(members).encode(), members["type"])


CREATED = frame(type="response.created", response={"id": "resp_1", "model": "gpt-5.4", "output": []})
COMPLETED = frame(
    type="response.completed",
    response={"id": "resp_1", "output": [], "usage": {"input_tokens": 3, "output_tokens": 2}},
)


def delta(text: str) -> bytes:
    return frame(type="response.output_text.delta", output_index=0, content_index=0, item_id="m", delta=text)


def answering(text: str, **headers: str) -> ScriptedReply:
    known = {"content-type": "text/event-stream"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return ScriptedReply(headers=known, body=(Piece(CREATED), Piece(delta(text)), Piece(COMPLETED)))


def failed_inside(code: str, *before: bytes) -> ScriptedReply:
    failed = frame(type="response.failed", response={"error": {"code": code, "message": "m"}})
    return ScriptedReply(body=(Piece(CREATED), *map(Piece, before), Piece(failed)))


def refusing(status: int, body: object, **headers: str) -> ScriptedReply:
    known = {name.replace("_", "-"): value for name, value in headers.items()}
    return ScriptedReply(status=status, headers=known, body=(Piece(json.dumps(body).encode()),))


def breaking(failure: Failure, *before: bytes) -> ScriptedReply:
    return ScriptedReply(body=(Piece(CREATED), *map(Piece, before), Break(failure)))


def stalling(*before: bytes) -> ScriptedReply:
    return ScriptedReply(body=(Piece(CREATED), *map(Piece, before), Stall()))
