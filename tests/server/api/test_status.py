"""Probes get their answer."""

import pytest

from codex_proxy.server.api.status import HealthEndpoint, ReadyEndpoint, RootEndpoint, UsageEndpoint
from codex_proxy.server.asgi import Message
from codex_proxy.server.incoming import Endpoint, Incoming
from tests.operations.health.test_readiness import readiness
from tests.operations.health.world import pool_of
from tests.server.admin.test_app import Keys


async def ask(endpoint: Endpoint) -> tuple[int, bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await endpoint(
        Incoming(
            method="GET", path="/", query="", headers={}, request_id="req_1",
            receive=receive, send=send,
        )
    )  # fmt: skip
    return sent[0]["status"], sent[1]["body"]


async def test_the_root_says_that_it_runs() -> None:
    assert await ask(RootEndpoint()) == (200, b"Codex Proxy is running\n")


@pytest.mark.parametrize(("stopping", "status"), [(False, 200), (True, 503)])
async def test_health_tells_a_stop(stopping: bool, status: int) -> None:
    endpoint = HealthEndpoint(readiness(pool_of(a=0), stopping=stopping), authenticator=Keys(), iso=str)
    told = await ask(endpoint)
    assert told == (
        status,
        b'{"status":"stopping","timestamp":"1000.0"}' if stopping else b'{"status":"ok","timestamp":"1000.0"}',
    )


async def test_readiness_says_why_not() -> None:
    told = await ask(ReadyEndpoint(readiness(pool_of()), iso=str))
    assert told == (503, b'{"status":"not_ready","reasons":["no_upstream"],"timestamp":"1000.0"}')
    assert (await ask(ReadyEndpoint(readiness(pool_of(a=0)), iso=str)))[0] == 200


async def test_usage_is_told_as_it_is_now() -> None:
    told = iter(({"plan_type": "plus"}, {"plan_type": "pro"}))
    endpoint = UsageEndpoint(lambda only: next(told))
    assert [await ask(endpoint) for _ in range(2)] == [(200, b'{"plan_type":"plus"}'), (200, b'{"plan_type":"pro"}')]
