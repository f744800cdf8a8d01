"""Batches to a collector, and what becomes of those it does not take."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.operations.metrics.exchanges import NO_MODEL
from codex_proxy.operations.metrics.families import exposition
from codex_proxy.operations.telemetry.exporting import MOST_WAITING, Exporter, ExportParts, is_endpoint
from codex_proxy.operations.telemetry.facts import Histogram, Span
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.gateway.test_observers import RECORD


class Plain:
    """An encoder that counts."""

    def spans(self, spans: Sequence[Span]) -> bytes:
        return f"{len(spans)} spans".encode()

    def histograms(self, histograms: Sequence[Histogram], *, now: float) -> bytes:
        return f"{sum(len(each.points) for each in histograms)} points at {now}".encode()


def exporter(*statuses: int, encoder: Plain | None = None, **parts: Any) -> tuple[Exporter, ScriptedTransport]:
    transport = ScriptedTransport()
    transport.add(*(ScriptedReply(status=status, body=(Piece(b""),)) for status in statuses))
    route = Route(base_url="http://collector.invalid:4318", account_id="telemetry")
    told = ExportParts(
        transport=transport,
        route=route,
        encoder=encoder or Plain(),
        now=lambda: 5.0,
        random_bytes=lambda count: b"x" * count,
        **parts,
    )
    return Exporter(told), transport


async def test_what_waits_is_told_at_once_and_measured_from_the_start() -> None:
    made, transport = exporter(200, 200, 202, 200)
    assert await made.export()
    for _ in range(2):
        made.finished(RECORD)
        made.finished(RECORD)
        assert await made.export()
    sent = [(call.path, bytes(call.body)) for _, call in transport.calls]
    assert sent == [("/v1/traces", b"2 spans"), ("/v1/metrics", b"1 points at 5.0")] * 2
    assert exposition(made.families()) == ""


async def test_a_batch_that_is_not_taken_is_lost_and_counted() -> None:
    made, transport = exporter(503)
    made.finished(RECORD)
    with pytest.raises(TransportError, match="answered 503"):
        await made.export()
    assert await made.export()
    assert len(transport.calls) == 1
    assert "codex_proxy_otlp_lost_total 1\n" in exposition(made.families())


async def test_what_clients_call_a_model_is_told_short_without_secrets_and_is_no_label_where_it_leads_nowhere() -> None:
    seen: list[str] = []

    class Telling(Plain):
        def spans(self, spans: Sequence[Span]) -> bytes:
            seen.extend(f"{span.name} {span.attributes['gen_ai.request.model']}" for span in spans)
            return super().spans(spans)

        def histograms(self, histograms: Sequence[Histogram], *, now: float) -> bytes:
            seen.extend(str(dict(labels)["gen_ai.request.model"]) for each in histograms for labels in each.points)
            return super().histograms(histograms, now=now)

    made, _ = exporter(200, 200, encoder=Telling(), redact=lambda text: text.replace("marked", "***"))
    made.finished(replace(RECORD, model_asked="marked\nsecret" + "x" * 1000, model_used=None, attempts=()))
    assert await made.export()
    (span, label) = seen
    assert span.startswith("chat ***secretxxx")
    assert len(span) < 500
    assert label == NO_MODEL


async def test_of_too_many_the_oldest_are_lost_and_counted() -> None:
    made, _ = exporter()
    for _ in range(MOST_WAITING + 3):
        made.finished(RECORD)
    assert "codex_proxy_otlp_lost_total 3\n" in exposition(made.families())


def test_a_collector_is_an_address_without_secrets() -> None:
    assert is_endpoint("http://127.0.0.1:4318")
    for url in ("collector:4318", "https://", "https://user:secret@a", "https://a/?key=1", "https://["):
        assert not is_endpoint(url), url
