"""Who may reach the control plane, asked of every route there is."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from codex_proxy.access.matrix.control import CONTROL
from codex_proxy.access.matrix.rules import Need, Rule, rule_of
from codex_proxy.server.admin.access.gate import is_own_origin
from tests.operations.accounts.household import A
from tests.server.admin.accounts.plane import HOST, WORKER, Plane, outcome

FORM = "application/x-www-form-urlencoded"
FOREIGN = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:8080.evil.example"},
    {"origin": "http://localhost:9"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)


class Asked(NamedTuple):
    """A method and an address of one of our routes; ``acts`` where it changes something."""

    method: str
    path: str
    acts: bool


def asked(route: Any, method: str, rule: Rule) -> Asked:
    path = route.path.replace("{request_id:str}", "req_1").replace("{job_id:str}", "1")
    path = path.replace("{row_id:str}", A).replace("{device_code:str}", "00")
    return Asked(method, path, rule.acts)


def closed_routes() -> Iterator[Asked]:
    """Every route of ours that wants a credential."""
    for route in Plane().application.routes:
        for method in route.methods - {"OPTIONS"}:
            rule = rule_of(CONTROL, method, route.path_format)
            if rule.need is not Need.OPEN:
                yield asked(route, method, rule)


ROUTES = list(closed_routes())
ALL = [(each.method, each.path) for each in ROUTES]
ACTING = [(each.method, each.path) for each in ROUTES if each.acts]
WITH_BODIES = [one for one in ACTING if one[0] != "GET"]


def test_the_routes_that_are_asked_here_are_all_of_them() -> None:
    assert len(ALL) == len(set(ALL)) >= 30
    assert {("POST", "/auth/logout"), ("DELETE", f"/auth/accounts/{A}"), ("GET", "/health/details")} <= set(ALL)


async def test_s_04_a_name_that_somebody_had_resolved_to_us_is_served_nothing() -> None:
    async with Plane().serving() as http:
        for method, path in ALL:
            for host in ("evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example"):
                reply = await http.request(method, path, headers={"host": host})
                assert outcome(reply) == (421, "misdirected_request"), (method, path)


async def test_s_04_addresses_and_the_owners_names_pass() -> None:
    async with Plane().serving() as http:
        for host in ("localhost:8080", "127.0.0.1", "[::1]:8080", "192.168.1.2:80", "gateway.example", ""):
            assert (await http.get("/auth/accounts", headers={"host": host})).status_code == 200, host


async def test_s_07_a_key_for_clients_opens_nothing_and_no_key_neither() -> None:
    plane = Plane()
    async with plane.serving() as http:
        for method, path in ALL:
            shown = [
                (WORKER, "", (403, "missing_scope")),
                ({"authorization": ""}, "", (401, "unauthorized")),
                ({"authorization": ""}, "?key=boss", (403, "missing_scope")),
                ({"authorization": "", "x-goog-api-key": "boss"}, "", (403, "missing_scope")),
            ]
            for headers, query, expected in shown:
                reply = await http.request(method, path + query, headers=headers)
                assert outcome(reply) == expected, (method, path)
    assert (plane.house.asked, plane.listener.port) == ([], None)


async def test_s_03_no_page_of_another_origin_can_do_anything() -> None:
    plane = Plane()
    async with plane.serving() as http:
        for method, path in ACTING:
            for headers in FOREIGN:
                reply = await http.request(method, path, headers=headers, json={})
                assert reply.status_code == 403, (method, path, headers)
    assert plane.listener.port is None, "no login began"


async def test_s_03_no_form_can_do_anything() -> None:
    async with Plane().serving() as http:
        for method, path in WITH_BODIES:
            for media_type in ("text/plain", FORM, "multipart/form-data; boundary=x", "application/jsonp", ""):
                headers = {"content-type": media_type} if media_type else {}
                reply = await http.request(method, path, headers=headers, content=b'{"ids":[]}')
                assert outcome(reply) == (415, "unsupported_media_type"), (method, path, media_type)


def test_s_03_nothing_is_changed_by_get_but_what_is_marked() -> None:
    marked = {path for method, path in ACTING if method == "GET"}
    assert marked == {"/auth/login", "/auth/accounts/login", "/auth/device-poll/00"}


async def test_a_page_of_ours_may() -> None:
    plane = Plane()
    await plane.house.add(A)
    async with plane.serving() as http:
        for headers in ({"origin": HOST, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}):
            assert (await http.post(f"/auth/accounts/{A}/reset-usage", headers=headers)).status_code == 200
        behind_tls = {"origin": "https://gateway.example", "host": "gateway.example"}
        assert (await http.post(f"/auth/accounts/{A}/reset-usage", headers=behind_tls)).status_code == 200


async def test_a_refusal_says_how_to_show_a_key() -> None:
    async with Plane().serving() as http:
        reply = await http.get("/auth/status", headers={"authorization": "Bearer wrong"})
    assert (reply.headers["www-authenticate"], reply.headers["cache-control"]) == ("Bearer", "no-store")
    assert "wrong" not in reply.text


async def test_the_document_is_open_and_the_same_host_rule_holds_for_it() -> None:
    async with Plane().serving() as http:
        assert (await http.get("/openapi/openapi.json", headers={"authorization": ""})).status_code == 200
        assert (await http.get("/openapi", headers={"host": "evil.example"})).status_code == 421


async def test_being_on_this_machine_is_no_credential() -> None:
    async with Plane().serving(client=("127.0.0.1", 1)) as http:
        assert (await http.get("/auth/accounts", headers={"authorization": ""})).status_code == 401


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://LOCALHOST:8080", "localhost:8080", True),
        ("http://localhost", "localhost:8080", False),
        ("null", "", False),
        ("", "", False),
        ("http://[", "[", False),
        ("file://localhost:8080", "localhost:8080", False),
    ],
)
def test_which_origin_is_ours(origin: str, host: str, expected: bool) -> None:
    assert is_own_origin(origin, host) is expected
