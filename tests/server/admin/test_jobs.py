"""Jobs are seen and cancelled over HTTP."""

import asyncio

import httpx
import pytest

from codex_proxy.operations.jobs_book import JobBook, Progress, Ticket
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.jobs import JOBS_PATH, jobs_routes
from tests.gateway.scene import NOW, FakeClock
from tests.server.admin.test_app import REPORT, Keys, nobody_expects
from tests.waiting import until

BOSS = {"authorization": "Bearer boss"}


def client(book: JobBook) -> httpx.AsyncClient:
    plane = control_plane(
        authenticator=Keys(),
        make_report=lambda: REPORT,
        version="1",
        report_defect=nobody_expects,
        routes=jobs_routes(book),
    )
    transport = httpx.ASGITransport(app=plane)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=BOSS)


async def test_a_job_is_seen_while_it_runs_and_cancelled() -> None:
    book = JobBook(clock=FakeClock(), new_id=lambda: "job-1", complain=nobody_expects)
    gate = asyncio.Event()

    async def work(ticket: Ticket) -> str:
        ticket.tell(Progress(done=1, total=2, counts={"good": 1}))
        await gate.wait()
        return "half of it"

    async with book.serving(), client(book) as http:
        book.start("test", work, total=2)
        await until(lambda: book.jobs()[0].progress.done)
        running = {
            "id": "job-1",
            "kind": "test",
            "state": "running",
            "progress": {"done": 1, "total": 2, "counts": {"good": 1}},
            "begun_at": NOW,
            "ended_at": None,
            "error": None,
            "result": None,
        }
        assert (await http.get(f"{JOBS_PATH}/job-1")).json() == running
        assert (await http.get(JOBS_PATH)).json() == {"jobs": [running]}
        answer = await http.delete(f"{JOBS_PATH}/job-1")
        assert (answer.status_code, answer.json()) == (200, running)
        gate.set()
        await until(lambda: book.jobs()[0].ended_at)
        told = running | {"state": "cancelled", "ended_at": NOW, "result": "half of it"}
        assert (await http.get(f"{JOBS_PATH}/job-1")).json() == told
        assert (await http.delete(f"{JOBS_PATH}/job-1")).json() == told


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_job_that_nobody_knows_is_not_found(method: str) -> None:
    book = JobBook(clock=FakeClock(), new_id=lambda: "job-1", complain=nobody_expects)
    async with client(book) as http:
        answer = await http.request(method, f"{JOBS_PATH}/job-9")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await http.request(method, f"{JOBS_PATH}/job-9", headers={"authorization": ""})).status_code == 401
