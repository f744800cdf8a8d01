"""A collector on this machine hears of what a gateway answers."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.health.telemetry import WIRE
from codex_proxy.server.asgi import Receive, Scope, Send, send_reply
from codex_proxy.server.listeners import Listener, bind_loopback
from tests.scenarios.stage import stage


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[str, dict[str, bytes]]]:
    """The address of a collector, and what it was told by path."""
    told: dict[str, bytes] = {}

    async def take(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", scope["type"] == "http"
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if scope["type"] == "http":
            told[scope["path"]] = body
            await send_reply(send, status=200, headers={}, body=b"")

    listener = Listener(take, bind_loopback(0))
    await listener.start()
    try:
        yield f"http://127.0.0.1:{listener.addresses[0][1]}", told
    finally:
        await listener.stop()


async def test_exchanges_are_told_by_the_time_the_gateway_has_stopped(tmp_path: Path) -> None:
    async with collector() as (url, told):
        async with stage(tmp_path, OBSERVABILITY__OTLP_ENDPOINT=url) as play:
            assert (await play.chat("a secret question")).status_code == 200
        assert told.keys() == {"/v1/traces", "/v1/metrics"}
        request = ExportTraceServiceRequest.FromString(told["/v1/traces"])
    whole, attempt = request.resource_spans[0].scope_spans[0].spans
    assert (whole.name, attempt.parent_span_id) == ("chat gpt-5.4", whole.span_id)
    assert whole.end_time_unix_nano > whole.start_time_unix_nano
    assert b"secret question" not in b"".join(told.values())


async def test_a_collector_that_is_away_costs_nobody_an_answer(tmp_path: Path) -> None:
    async with stage(tmp_path, OBSERVABILITY__OTLP_ENDPOINT="http://127.0.0.1:9") as play:
        assert (await play.chat()).status_code == 200


async def test_what_is_no_address_and_an_extra_that_is_missing_refuse_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StartRefused, match="otlp_endpoint"):
        async with stage(tmp_path, OBSERVABILITY__OTLP_ENDPOINT="collector:4318"):
            pass
    monkeypatch.delitem(sys.modules, WIRE, raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.trace.v1", None)
    with pytest.raises(StartRefused, match="otel"):
        async with stage(tmp_path, OBSERVABILITY__OTLP_ENDPOINT="http://127.0.0.1:4318"):
            pass


async def test_without_a_collector_nothing_of_it_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, WIRE, raising=False)
    async with stage(tmp_path) as play:
        assert (await play.chat()).status_code == 200
    assert WIRE not in sys.modules
