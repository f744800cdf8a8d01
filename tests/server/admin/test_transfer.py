"""The owner moves accounts in and out over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from codex_proxy.accounts.store import Changes, StoreUnusable
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.transfer.bodies import BodyForm
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.jobs import JOBS_PATH, jobs_routes
from codex_proxy.server.admin.transfer import (
    EXPORT_PATH,
    FORMS,
    IMPORT_PATH,
    JOB_KIND,
    ROWS_AT_ONCE,
    TransferDesk,
    transfer_routes,
)
from codex_proxy.simulator.tokens import person_of
from tests.accounts.formats.samples import COLLEAGUE, OWNER, REFRESH, auth_json, token
from tests.operations.transfer.hall import DEAD, FillingStore, Hall, granted, refresh_token
from tests.server.admin.test_app import REPORT, Keys, nobody_expects
from tests.stores.memory_store import MemoryAccountStore

BOSS = {"authorization": "Bearer boss"}
ASYNC = BOSS | {"prefer": "wait=1, respond-async;q=1"}
MANY = [token(person_of(f"acc-{number}")) for number in range(ROWS_AT_ONCE + 1)]


@asynccontextmanager
async def control(hall: Hall) -> AsyncIterator[Litestar]:
    """The control plane over a hall, for as long as the block runs."""
    numbers = iter(range(1, 99))
    book = JobBook(clock=hall.clock, new_id=lambda: f"job-{next(numbers)}", complain=nobody_expects)
    routes = TransferDesk(imports=hall.imports, exports=hall.exports, jobs=book, authenticator=Keys())
    plane = control_plane(
        authenticator=Keys(),
        make_report=lambda: REPORT,
        version="1",
        report_defect=nobody_expects,
        routes=[*transfer_routes(routes), *jobs_routes(book)],
    )
    async with book.serving():
        yield plane


@asynccontextmanager
async def desk(hall: Hall) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the control plane over a hall."""
    async with control(hall) as plane:
        transport = httpx.ASGITransport(app=plane)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
            yield http


async def ended(http: httpx.AsyncClient, location: str) -> dict[str, Any]:
    """The job once it has ended."""
    async with asyncio.timeout(10):
        while True:
            job: dict[str, Any] = (await http.get(location, headers=BOSS)).json()
            if job["state"] != "running":
                return job
            await asyncio.sleep(0)  # nothing of such a request waits for anything: the job would never get its turn


# ----------------------------------------------------------------------------------------------------- import


async def test_an_import_answers_with_its_counters() -> None:
    hall = Hall()
    hall.issuer.answers[REFRESH] = granted(COLLEAGUE)
    accounts = [{"token": token()}, {"refreshToken": REFRESH}, {"refreshToken": DEAD, "label": "Backup"}]
    async with desk(hall) as http:
        answer = await http.post(IMPORT_PATH, json={"accounts": [*accounts, {"platform": "gemini"}]}, headers=BOSS)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "success": True,
            "added": 2,
            "updated": 0,
            "skipped": 1,
            "failed": 1,
            "errors": ["row 3: it was used before: refresh token rt_ddd… (43 characters)"],
            "notes": ["row 4: skipped: its platform is 'gemini', and only ChatGPT accounts are taken"],
        },
    )


@pytest.mark.parametrize("media_type", FORMS)
async def test_a_body_may_be_json_lines_yaml_or_tokens(media_type: str) -> None:
    hall = Hall()
    json, yaml = msgspec.json.encode([token(), token(COLLEAGUE)]).decode(), f"- {token()}\n- {token(COLLEAGUE)}\n"
    bodies = {BodyForm.JSON: json, BodyForm.YAML: yaml, BodyForm.LINES: f"{token()}\n{token(COLLEAGUE)}\n"}
    async with desk(hall) as http:
        headers = BOSS | {"content-type": f"{media_type}; charset=utf-8"}
        answer = await http.post(IMPORT_PATH, content=bodies[FORMS[media_type]], headers=headers)
    assert (answer.status_code, answer.json()["added"]) == (200, 2)


async def test_the_state_of_an_export_comes_back_on_request() -> None:
    hall = Hall()
    entry = {"token": token(), "status": "disabled"}
    async with desk(hall) as http:
        await http.post(f"{IMPORT_PATH}?include_state=true", json=entry, headers=BOSS)
    assert (await hall.record()).enabled is False


async def test_a_preview_tells_each_row_and_changes_nothing() -> None:
    hall = Hall()
    async with desk(hall) as http:
        answer = await http.post(f"{IMPORT_PATH}?preview=true", json=[token(), "no"], headers=BOSS)
    assert answer.json()["rows"][0] == {
        "index": 1,
        "action": "add",
        "identity": {"account_id": "acc-1", "user_id": "user-1", "email": "owner@example.invalid"},
        "label": None,
        "reason": None,
    }
    assert answer.json()["counts"] == {"add": 1, "update": 0, "skip": 0, "invalid": 1}
    assert await hall.records() == ()


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code", "words"),
    [
        (b'[\n"a",\n{"token" 1}]', "application/json", 400, "unreadable_import", "line 3, column 10, in row 2"),
        (b"", "application/json", 400, "unreadable_import", "the JSON ends too early: line 1, column 1"),
        (b'{"x": 1}', "application/json", 400, "unreadable_import", "no accounts in it"),
        (b"a: [", "application/yaml", 400, "unreadable_import", "the YAML is malformed: line 1"),
        (b"rt_0123456789abcdef\n" * 5001, "text/plain", 413, "too_large", "5001 rows, and at most 5000"),
        (b" " * 20_000_001, "application/json", 413, "request_too_large", "exceeds the limit of 20000000 bytes"),
        (b"[]", "application/x-www-form-urlencoded", 415, "unsupported_media_type", "application/json"),
    ],
)
async def test_what_cannot_be_read_is_said_and_changes_nothing(
    content: bytes, media_type: str, status: int, code: str, words: str
) -> None:
    hall = Hall()
    async with desk(hall) as http:
        answer = await http.post(IMPORT_PATH, content=content, headers=BOSS | {"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert words in answer.json()["error"]
    assert await hall.records() == ()


async def test_where_the_store_fails_the_answer_says_how_far_it_came() -> None:
    async with desk(Hall(store=FillingStore(writes=0))) as http:
        answer = await http.post(IMPORT_PATH, json=[token()], headers=BOSS)
    assert (answer.status_code, answer.json()["success"]) == (503, False)
    assert "the disk is full; 1 rows were not tried" in answer.json()["errors"][0]


class ShutStore(MemoryAccountStore):
    """A store that cannot be read."""

    async def load(self) -> Changes:
        raise StoreUnusable("codex-proxy.sqlite cannot be read: it is no database")


async def test_where_the_store_cannot_be_read_nothing_is_told_of_it() -> None:
    async with desk(Hall(store=ShutStore())) as http:
        preview = await http.post(f"{IMPORT_PATH}?preview=true", json=[token()], headers=BOSS)
        export = await http.get(EXPORT_PATH, headers=BOSS)
    for answer in (preview, export):
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unusable")


async def test_a_client_that_leaves_while_it_sends_changes_nothing() -> None:
    hall = Hall()
    answers: list[Any] = []

    async def leaves() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def hears(message: Any) -> None:
        answers.append(message)

    headers = [(b"authorization", b"Bearer boss"), (b"content-type", b"application/json"), (b"content-length", b"9")]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": IMPORT_PATH,
        "raw_path": IMPORT_PATH.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": None,
        "client": None,
        "headers": headers,
        "extensions": {},
    }
    async with control(hall) as plane:
        await plane(scope, leaves, hears)  # type: ignore[arg-type]
    assert answers[0]["status"] == 400
    assert await hall.records() == ()


async def test_an_import_is_the_admin_keys_alone() -> None:
    async with desk(Hall()) as http:
        for path in (IMPORT_PATH, f"{IMPORT_PATH}?preview=true"):
            assert (await http.post(path, json=[])).status_code == 401
            assert (await http.post(path, json=[], headers={"authorization": "Bearer worker"})).status_code == 403


async def test_s_03_a_form_that_a_page_could_send_wants_the_key_in_a_bearer_header() -> None:
    hall = Hall()
    async with desk(hall) as http:
        for media_type in ("text/plain", "application/yaml"):
            headers = {"x-api-key": "boss", "content-type": media_type}
            answer = await http.post(IMPORT_PATH, content=token(), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "bearer_key_required")
        answer = await http.post(IMPORT_PATH, json=auth_json(), headers={"x-api-key": "boss"})
    assert (answer.status_code, len(await hall.records())) == (200, 1)


# ------------------------------------------------------------------------------------------------------- jobs


async def test_a_17_a_large_import_is_a_job_where_that_is_preferred() -> None:
    hall = Hall()
    async with desk(hall) as http:
        answer = await http.post(IMPORT_PATH, json=MANY, headers=ASYNC)
        assert (answer.status_code, answer.json()) == (202, {"job_id": "job-1"})
        assert answer.headers["preference-applied"] == "respond-async"
        job = await ended(http, answer.headers["location"])
        assert (job["id"], job["kind"], job["state"], job["error"]) == ("job-1", JOB_KIND, "done", None)
        counts = {"added": len(MANY), "updated": 0, "skipped": 0, "failed": 0}
        assert job["progress"] == {"done": len(MANY), "total": len(MANY), "counts": counts}
        assert job["result"] == {"success": True, **counts, "errors": [], "notes": []}
        listed = (await http.get(JOBS_PATH, headers=BOSS)).json()["jobs"]
        assert listed == [job | {"result": None}]
    assert len(await hall.records()) == len(MANY)


@pytest.mark.parametrize(("rows", "headers"), [(MANY[:-1], ASYNC), (MANY, BOSS), (MANY, BOSS | {"prefer": "wait=5"})])
async def test_otherwise_an_import_is_answered_when_it_is_done(rows: list[str], headers: dict[str, str]) -> None:
    async with desk(Hall()) as http:
        answer = await http.post(IMPORT_PATH, json=rows, headers=headers)
        assert (answer.status_code, answer.json()["added"]) == (200, len(rows))
        assert (await http.get(JOBS_PATH, headers=BOSS)).json() == {"jobs": []}


async def test_a_17_the_gateway_answers_others_while_a_job_runs_and_the_job_can_be_cancelled() -> None:
    hall = Hall()
    hall.issuer.gate.clear()
    tokens = [refresh_token(number) for number in range(ROWS_AT_ONCE + 1)]
    hall.issuer.answers = {each: granted(person_of(each[:8])) for each in tokens}
    async with desk(hall) as http:
        location = (await http.post(IMPORT_PATH, json=tokens, headers=ASYNC)).headers["location"]
        while not hall.issuer.under_way:
            assert (await http.get("/health/details", headers=BOSS)).status_code == 200
            await asyncio.sleep(0)  # see ``ended``
        assert (await http.get(location, headers=BOSS)).json()["progress"]["done"] == 0
        assert (await http.delete(location, headers=BOSS)).json()["state"] == "running"
        hall.issuer.gate.set()
        job = await ended(http, location)
    assert (job["state"], job["result"]["success"], job["result"]["added"]) == ("cancelled", False, 2)
    assert job["result"]["errors"] == [f"the import was cancelled; {len(tokens) - 2} rows were not tried"]


async def test_so_many_jobs_run_at_once_and_no_more() -> None:
    hall = Hall()
    hall.issuer.gate.clear()
    tokens = [refresh_token(number) for number in range(ROWS_AT_ONCE + 1)]
    async with desk(hall) as http:
        answers = [await http.post(IMPORT_PATH, json=tokens, headers=ASYNC) for _ in range(5)]
        assert [answer.status_code for answer in answers[:4]] == [202] * 4
        assert answers[4].json()["code"] == "too_many_jobs"
        hall.issuer.gate.set()


async def test_a_job_fails_where_the_store_does() -> None:
    async with desk(Hall(store=FillingStore(writes=0))) as http:
        job = await ended(http, (await http.post(IMPORT_PATH, json=MANY, headers=ASYNC)).headers["location"])
    assert (job["state"], job["result"]["added"]) == ("failed", 0)
    assert "the disk is full" in job["error"]


# ----------------------------------------------------------------------------------------------------- export


async def test_an_export_is_a_file_that_nobody_stores_on_its_way() -> None:
    hall = Hall()
    await hall.keep(OWNER)
    async with desk(hall) as http:
        answer = await http.get(EXPORT_PATH, headers=BOSS)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="accounts-export-2027-01-15.json"'
    assert answer.headers["content-type"].startswith("application/json")
    assert [entry["accountId"] for entry in answer.json()["accounts"]] == ["acc-1"]


async def test_an_export_has_the_form_and_the_accounts_that_were_asked_for() -> None:
    hall = Hall()
    mine, other = await hall.keep(OWNER), await hall.keep(COLLEAGUE)
    async with desk(hall) as http:
        one = await http.get(EXPORT_PATH, params={"format": "cpa", "ids": mine.row_id}, headers=BOSS)
        ids = f"{mine.row_id}, {other.row_id},"
        both = await http.get(EXPORT_PATH, params={"format": "sub2api", "ids": ids}, headers=BOSS)
    assert one.json()["account_id"] == "acc-1"
    assert one.headers["content-disposition"].endswith('"accounts-export-cpa-2027-01-15.json"')
    assert len(both.json()["accounts"]) == 2


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"format": "xml"}, "unknown_format", "format: it has to be one of full, minimal, cockpit_tools, sub2api, cpa"),
        ({"ids": "ffffffffffffffff"}, "unknown_account", "ids: there is no account ffffffffffffffff"),
    ],
)
async def test_an_export_that_cannot_be_says_what_is_wrong(params: dict[str, str], code: str, words: str) -> None:
    async with desk(Hall()) as http:
        answer = await http.get(EXPORT_PATH, params=params, headers=BOSS)
    assert (answer.status_code, answer.json()["code"], answer.json()["error"]) == (400, code, words)


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"cookie": "session=anything"}, "", 401),
        ({}, "?key=boss", 403),
        ({"x-api-key": "boss"}, "", 403),
        ({"x-api-key": "boss", "cookie": "session=anything"}, "", 403),
        ({"x-api-key": "boss", "authorization": "Basic Ym9zczpib3Nz"}, "", 403),
        ({"authorization": "Bearer worker"}, "", 403),
        ({"authorization": "Bearer nobody"}, "", 401),
    ],
)
async def test_s_20_no_link_and_no_cookie_gets_an_export(headers: dict[str, str], query: str, status: int) -> None:
    hall = Hall()
    await hall.keep(OWNER)
    async with desk(hall) as http:
        answer = await http.get(EXPORT_PATH + query, headers=headers)
    assert answer.status_code == status
    assert "eyJ" not in answer.text


async def test_what_is_exported_comes_in_again() -> None:
    here, there = Hall(), Hall()
    await here.keep(OWNER)
    async with desk(here) as http:
        content = (await http.get(EXPORT_PATH, headers=BOSS)).content
    async with desk(there) as http:
        headers = BOSS | {"content-type": "application/json"}
        assert (await http.post(IMPORT_PATH, content=content, headers=headers)).json()["added"] == 1


async def test_the_document_names_what_may_be_asked() -> None:
    async with desk(Hall()) as http:
        paths = (await http.get("/openapi/openapi.json")).json()["paths"]
    asked = {
        path: {each["name"] for each in next(iter(paths[path].values()))["parameters"]}
        for path in (IMPORT_PATH, EXPORT_PATH)
    }
    assert asked == {IMPORT_PATH: {"preview", "include_state"}, EXPORT_PATH: {"format", "ids"}}
    assert {JOBS_PATH, f"{JOBS_PATH}/{{job_id}}"} <= paths.keys()
