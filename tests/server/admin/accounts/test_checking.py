"""Checks through the interface."""

from typing import Any

import pytest

from codex_proxy.operations.jobs_book import JobState
from tests.operations.accounts.household import A, B, limits, person
from tests.operations.login.stage import grant
from tests.operations.quota.stand_ins import reply
from tests.server.admin.accounts.plane import Plane, outcome

HEALTH_CHECK = "/auth/accounts/health-check"


async def test_one_is_renewed() -> None:
    plane = Plane()
    await plane.house.add(A)
    plane.house.issuer.renewals.append(grant(person(A)))
    async with plane.serving() as http:
        told = (await http.post(f"/auth/accounts/{A}/refresh")).json()
        assert outcome(await http.post(f"/auth/accounts/{B}/refresh")) == (404, "unknown_account")
    assert told == {
        "id": A,
        "email": "aaaa@example.invalid",
        "previousStatus": "active",
        "result": "alive",
        "durationMs": 0,
    }


async def test_some_are_checked_at_once() -> None:
    plane = Plane()
    for row_id in (A, B):
        await plane.house.add(row_id)
        plane.house.transport.add(reply(limits(1)))
    async with plane.serving() as http:
        told = (await http.post(HEALTH_CHECK, json={"stagger_ms": 500})).json()
    assert told["summary"] == {"total": 2, "alive": 2, "dead": 0, "skipped": 0}
    assert [result["id"] for result in told["results"]] == [A, B]
    assert plane.house.clock.slept == [0.5]


@pytest.mark.parametrize(("count", "headers"), [(21, {}), (1, {"prefer": "wait=1, Respond-Async; x=1"})])
async def test_a_17_what_takes_long_is_a_job(count: int, headers: dict[str, str]) -> None:
    plane = Plane()
    for number in range(count):
        await plane.house.add(f"{number:04x}" * 4)
        plane.house.transport.add(reply(limits(1)))
    async with plane.serving() as http:
        begun = await http.post(HEALTH_CHECK, headers=headers)
        assert (begun.status_code, begun.headers["preference-applied"]) == (202, "respond-async")
        assert begun.headers["location"] == f"/admin/jobs/{begun.json()['job_id']}"
        while (job := (await http.get(begun.headers["location"])).json())["state"] == JobState.RUNNING:
            await plane.house.clock.sleep(0)
    assert job["progress"] == {"done": count, "total": count, "counts": {"alive": count, "dead": 0, "skipped": 0}}
    assert job["result"]["summary"]["alive"] == count


@pytest.mark.parametrize(
    "body",
    [
        {"stagger_ms": 499},
        {"stagger_ms": 30_001},
        {"concurrency": 0},
        {"concurrency": 11},
        {"concurrency": "two"},
        {"ids": [A] * 1001},
        {"ids": ["x"]},
    ],
)
async def test_a_wish_that_cannot_be_had_is_a_400(body: dict[str, Any]) -> None:
    async with Plane().serving() as http:
        assert outcome(await http.post(HEALTH_CHECK, json=body)) == (400, "invalid_request")


async def test_nobody_is_a_404() -> None:
    async with Plane().serving() as http:
        assert outcome(await http.post(HEALTH_CHECK, json={"ids": [A]})) == (404, "unknown_account")


async def test_no_account_at_all_is_checked_soon() -> None:
    async with Plane().serving() as http:
        told = (await http.post(HEALTH_CHECK)).json()
    assert told == {"summary": {"total": 0, "alive": 0, "dead": 0, "skipped": 0}, "results": []}
