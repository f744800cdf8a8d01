"""Who may do what, asked of every route of a whole gateway."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import httpx
import pytest_asyncio

from codex_proxy.access.matrix.clients import BRIDGE
from codex_proxy.access.matrix.rules import Need
from codex_proxy.bootstrap.control import plane  # noqa: F401 - loaded now, not within the first test that asks it
from tests.scenarios.matrix import BEARER, HOST, Row, Whole, whole_gateway

REBINDING = ("evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example")
ORIGINS = ("https://evil.example", "null", "http://localhost:8080.evil.example")
UNTYPED = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
PASSWORD = "correct horse battery"


@pytest_asyncio.fixture
async def whole(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole_gateway(tmp_path) as made:
        yield made


async def ask(http: httpx.AsyncClient, row: Row, headers: dict[str, str], content: bytes = b"") -> httpx.Response:
    return await http.request(row.method, row.address, headers={**HOST, **headers}, content=content)


async def test_every_route_has_a_row(whole: Whole) -> None:
    rows = whole.rows()
    assert [str(row) for row in rows if row.rule is None] == []
    assert len({(row.method, row.template) for row in rows}) == len(rows) > 140


async def test_what_is_open_is_this_and_nothing_else(whole: Whole) -> None:
    assert sorted(str(row) for row in whole.rows() if row.is_open) == [
        "GET /",
        "GET /api/hello",
        "GET /auth/callback",
        "GET /auth/dashboard-status",
        "GET /auth/setup",
        "GET /auth/setup/setup.css",
        "GET /auth/setup/setup.js",
        "GET /health",
        "GET /health/ready",
        "GET /openapi",
        "GET /openapi/openapi.json",
        "GET /openapi/page.css",
        "GET /openapi/{path}",
        "GET /v1/images",
        "GET /v1/images/*",
        "POST /api/event_logging/batch",
        "POST /auth/dashboard-login",
        "POST /auth/dashboard-logout",
        "POST /auth/dashboard-setup",
        "POST /v1/images",
        "POST /v1/images/*",
    ]
    assert {rule.need for rule in BRIDGE.values()} == {Need.OPEN}, "its listener is guarded by itself"


async def test_s_10_without_a_credential_every_other_route_is_closed(whole: Whole) -> None:
    async with whole.asked_from() as http:
        shown: list[dict[str, str]] = [{}, {"authorization": "Bearer x"}, {"cookie": "codex_proxy_session=made-up"}]
        for row, headers in product(whole.rows(), shown):
            if not row.is_open:
                assert (await ask(http, row, headers)).status_code == 401, (str(row), headers)


async def test_s_04_no_name_that_somebody_had_resolved_to_us_is_served(whole: Whole) -> None:
    async with whole.asked_from() as http:
        for row, host in product(whole.rows(), REBINDING):
            status = (await ask(http, row, {"host": host})).status_code
            if row.template.startswith("/health") and not row.control:
                assert status in {200, 503}, str(row)
                continue
            assert status == 421, (str(row), host)
            if row.control:
                assert (await ask(http, row, {"host": host, **BEARER})).status_code == 421, (str(row), host)


async def test_s_03_s_15_no_page_of_a_foreign_origin_is_answered(whole: Whole) -> None:
    async with whole.asked_from() as http:
        for row, origin, shown in product(whole.rows(), ORIGINS, ({}, BEARER)):
            reply = await ask(http, row, {"origin": origin, **shown}, b"{}")
            assert reply.status_code == 403, (str(row), origin)
            assert "access-control-allow-origin" not in reply.headers


async def test_s_03_no_page_of_another_site_leads_to_what_does_something(whole: Whole) -> None:
    async with whole.asked_from() as http:
        for row, site, shown in product(whole.rows(), ("cross-site", "same-site"), ({}, BEARER)):
            if row.rule is not None and (row.rule.acts or row.rule.sudo):
                reply = await ask(http, row, {"sec-fetch-site": site, **shown})
                assert reply.status_code == 403, (str(row), site)


async def test_s_03_no_body_of_a_form_is_taken(whole: Whole) -> None:
    async with whole.asked_from() as http:
        bodies = [row for row in whole.rows() if row.method != "GET" and not row.address.endswith("/import")]
        for row, media_type in product(bodies, UNTYPED):
            typed = {"content-type": media_type} if media_type else {}
            shown = BEARER if row.control else {}  # clients show a key, which no form can
            status = (await ask(http, row, {**typed, **shown}, b'{"ids":[]}')).status_code
            allowed = {415} if row.control else {401} | ({200, 404, 405} if row.is_open else set())
            assert status in allowed, (str(row), media_type, status)


async def test_s_03_get_changes_nothing_but_where_its_row_says_so(whole: Whole) -> None:
    acting = {str(row) for row in whole.rows() if row.control and row.method == "GET" and row.rule and row.rule.acts}
    assert acting == {"GET /auth/login", "GET /auth/accounts/login", "GET /auth/device-poll/{device_code}"}


async def test_s_07_a_key_for_clients_opens_no_route_of_the_owners(tmp_path: Path) -> None:
    async with (
        whole_gateway(tmp_path, {"CODEX_PROXY_SERVER__PROXY_API_KEY": "null"}) as whole,
        whole.asked_from() as http,
    ):
        shown = {"authorization": f"Bearer {whole.inference_key}"}
        assert (await http.get("/v1/models", headers=shown)).status_code == 200
        for row in whole.rows():
            if row.control and not row.is_open:
                assert (await ask(http, row, shown)).status_code == 403, str(row)


async def test_s_01_other_machines_reach_the_data_plane_alone_before_there_is_a_password(whole: Whole) -> None:
    closed = [row for row in whole.rows() if row.control and not row.is_open]
    for client, forwarded in ((("203.0.113.5", 1), {}), (("127.0.0.1", 1), {"x-forwarded-for": "127.0.0.1"})):
        async with whole.asked_from(client) as http:
            for row in closed:
                reply = await ask(http, row, {**forwarded, **BEARER})
                assert (reply.status_code, reply.json()["code"]) == (403, "no_password_yet"), str(row)
            assert (await http.get("/v1/models", headers={**forwarded, **BEARER})).status_code == 200


async def test_a_session_does_nothing_without_the_word_of_our_pages(tmp_path: Path) -> None:
    settings = {"CODEX_PROXY_SECURITY__DASHBOARD_PASSWORD": PASSWORD}
    async with whole_gateway(tmp_path, settings) as whole, whole.asked_from() as http:
        assert (await http.post("/auth/dashboard-login", json={"password": PASSWORD})).status_code == 200
        assert (await http.get("/auth/accounts")).status_code == 200
        for row in whole.rows():
            if row.control and row.method != "GET":
                reply = await ask(http, row, {"content-type": "application/json"}, b"{}")
                assert (reply.status_code, reply.json()["code"]) == (403, "csrf_token_required"), str(row)
        for row in whole.rows():
            if not row.control and not row.is_open:
                assert (await ask(http, row, {})).status_code == 401, f"{row}: a session is no client"


async def test_every_answer_of_the_control_plane_has_its_headers(whole: Whole) -> None:
    async with whole.asked_from() as http:
        for row in whole.rows():
            if row.control and row.template != "/auth/callback":
                headers = (await ask(http, row, {})).headers
                assert "default-src 'none'" in headers["content-security-policy"], str(row)
                assert "unsafe" not in headers["content-security-policy"]
                assert (headers["x-frame-options"], headers["referrer-policy"]) == ("DENY", "no-referrer")
                assert headers["x-content-type-options"] == "nosniff"
