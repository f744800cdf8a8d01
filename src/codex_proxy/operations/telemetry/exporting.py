"""Tells exchanges to a collector, in batches and beside everything else.

Rules of this file: taking an exchange in costs an append; a collector that is slow, or away, costs the oldest exchanges
that wait, which are counted, and nobody an answer.  Where a batch was not taken its spans are lost: a later one is of
more use.  Nothing is asked anew that was refused.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from msgspec.structs import replace

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import ExchangeRecord, Route, Transport, TransportError
from codex_proxy.operations.metrics.exchanges import MOST_MODELS, NO_MODEL
from codex_proxy.operations.metrics.families import BoundedNames, Counter, Family
from codex_proxy.operations.telemetry.facts import Histogram, Histograms, Span, spans_of
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.usage.records import kept_text

EXPORT_SECONDS: Final = 5.0
MOST_WAITING: Final = 2048
CALL_SECONDS: Final = 10.0
TRACES_PATH: Final = "/v1/traces"
METRICS_PATH: Final = "/v1/metrics"
MEDIA_TYPE: Final = "application/x-protobuf"
_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8


class Encoder(Protocol):
    """The wire format."""

    def spans(self, spans: Sequence[Span]) -> bytes:
        """A request with these spans."""
        ...

    def histograms(self, histograms: Sequence[Histogram], *, now: float) -> bytes:
        """A request with all histograms as they are ``now``, an epoch second."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportParts:
    """What exporting works with; ``route`` leads to the collector, ``random_bytes`` makes ids.

    ``redact`` gives a text without the secrets this process knows; it may take its time.
    """

    transport: Transport
    route: Route
    encoder: Encoder
    now: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    redact: Callable[[str], str] = lambda text: text


class Exporter:
    """Implements the gateway's ``Observer`` and metrics' ``Source``; ``export`` is a job."""

    def __init__(self, parts: ExportParts) -> None:
        self._parts = parts
        self._waiting: deque[ExchangeRecord] = deque(maxlen=MOST_WAITING)
        self._histograms = Histograms()
        self._models = BoundedNames(MOST_MODELS)
        self._lost = Counter("codex_proxy_otlp_lost_total", "Exchanges that no collector was told of.")

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        if len(self._waiting) == MOST_WAITING:
            self._lost.add()
        self._waiting.append(record)

    async def export(self) -> bool:
        """Tell what waits.

        Raises:
            TransportError: the collector did not take it.
        """
        if not self._waiting:
            return True
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        records = await asyncio.to_thread(self._without_secrets, waiting)
        for record in records:
            self._measure(record)
        encoder = self._parts.encoder
        spans = await asyncio.to_thread(lambda: encoder.spans([span for each in records for span in self._spans(each)]))
        try:
            await self._send(TRACES_PATH, spans)
        except TransportError:
            self._lost.add(amount=len(records))
            raise
        await self._send(METRICS_PATH, encoder.histograms(self._histograms.all, now=self._parts.now()))
        return True

    def families(self) -> tuple[Family, ...]:
        """See ``Source``."""
        return self._lost.families()

    def _without_secrets(self, records: Sequence[ExchangeRecord]) -> list[ExchangeRecord]:
        """The records with what clients call a model short, in one line, and redacted."""
        asked = {name for record in records for name in (record.model_asked, record.model_used) if name}
        told = {name: kept_text(self._parts.redact(name)) for name in asked}
        return [
            replace(
                record,
                model_asked=told.get(record.model_asked, ""),
                model_used=None if record.model_used is None else told.get(record.model_used, ""),
            )
            for record in records
        ]

    def _measure(self, record: ExchangeRecord) -> None:
        """What led nowhere has no model of its own, so that nobody makes up labels."""
        if record.model_used is None:
            self._histograms.take(record, asked=NO_MODEL, model=NO_MODEL)
        else:
            models = self._models
            self._histograms.take(record, asked=models.of(record.model_asked), model=models.of(record.model_used))

    def _spans(self, record: ExchangeRecord) -> tuple[Span, ...]:
        random = self._parts.random_bytes
        ids = (random(_TRACE_ID_BYTES), *(random(_SPAN_ID_BYTES) for _ in range(1 + len(record.attempts))))
        return spans_of(record, ids)

    async def _send(self, path: str, body: bytes) -> None:
        call = UpstreamCall(method="POST", path=path, headers=(("content-type", MEDIA_TYPE),), body=body)
        try:
            async with asyncio.timeout(CALL_SECONDS), self._parts.transport.open(call, self._parts.route) as reply:
                if not 200 <= reply.status < 300:
                    raise _trouble(FailureKind.UPSTREAM_ERROR, f"the collector answered {reply.status}")
        except TimeoutError:
            raise _trouble(FailureKind.TIMEOUT, f"the collector took longer than {CALL_SECONDS:g} seconds") from None


def _trouble(kind: FailureKind, words: str) -> TransportError:
    return TransportError(Failure(kind=kind, message=words))


def is_endpoint(url: str) -> bool:
    """Whether this can be a collector's base URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.username
