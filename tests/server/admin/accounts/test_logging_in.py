"""Logins through the interface."""

import json
import logging
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.operations.login.ports import AuthorizationCode, StillWaiting
from codex_proxy.server.admin.accounts.logging_in import GivenToken, RelayCallback
from tests.operations.accounts.household import A, C, person
from tests.operations.login.stage import DAY, ISSUER, NOW, bad_code, grant, token
from tests.server.admin.accounts.plane import INFERENCE_KEY, WORKER, Plane, outcome
from tests.waiting import until

ELSEWHERE = ("203.0.113.7", 4000)


def callback(state: str, **members: str) -> str:
    told = "".join(f"&{name}={value}" for name, value in members.items())
    return f"http://127.0.0.1:1455/auth/callback?state={state}{told}"


def state_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


# ------------------------------------------------------------------------------------------------- who is here


async def test_nobody_is_logged_in() -> None:
    async with Plane().serving() as http:
        told = (await http.get("/auth/status")).json()
    assert (told["authenticated"], told["user"], told["proxy_api_key"]) == (False, None, None)
    assert told["pool"] == {
        "total": 0,
        "active": 0,
        "expired": 0,
        "quota_exhausted": 0,
        "rate_limited": 0,
        "refreshing": 0,
        "disabled": 0,
        "banned": 0,
    }
    assert told["login_ways"] == ["browser", "device", "paste"]


async def test_somebody_is_and_on_this_machine_the_key_for_clients_is_shown() -> None:
    plane = Plane()
    await plane.house.add(A)
    async with plane.serving() as http:
        told = (await http.get("/auth/status")).json()
        behind_a_proxy = (await http.get("/auth/status", headers={"x-forwarded-for": "127.0.0.1"})).json()
    assert (told["authenticated"], told["usable_now"], told["proxy_api_key"]) == (True, True, INFERENCE_KEY)
    assert told["user"] == {"email": "aaaa@example.invalid", "accountId": "workspace-aaaa", "planType": "plus"}
    assert behind_a_proxy["proxy_api_key"] is None


async def test_c_07_from_another_machine_the_device_code_is_offered_first_and_no_key_is_shown() -> None:
    plane = Plane()
    await plane.house.add(A)
    async with plane.serving(client=ELSEWHERE) as http:
        told = (await http.get("/auth/status")).json()
        begun = (await http.post("/auth/login-start")).json()
    assert (told["proxy_api_key"], told["login_ways"], begun["ways"]) == (
        None,
        ["device", "paste"],
        ["device", "paste"],
    )


# -------------------------------------------------------------------------------------------------- by browser


@pytest.mark.parametrize("path", ["/auth/login", "/auth/accounts/login"])
async def test_a_link_leads_to_the_issuer(path: str) -> None:
    async with Plane().serving() as http:
        for headers in ({"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}):
            reply = await http.get(path, headers=headers)
            assert reply.status_code == 302
            assert reply.headers["location"].startswith(f"{ISSUER}/authorize?state=")
            assert (reply.headers["cache-control"], reply.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_s_03_a_foreign_page_or_key_begins_no_login() -> None:
    plane = Plane()
    async with plane.serving() as http:
        assert (await http.get("/auth/login", headers={"sec-fetch-site": "cross-site"})).status_code == 403
        assert (await http.get("/auth/login", headers=WORKER)).status_code == 403
        assert (
            await http.get("/auth/login", headers={"authorization": "", "sec-fetch-site": "none"})
        ).status_code == 401
    assert plane.listener.port is None


async def test_a_login_from_its_beginning_to_its_end() -> None:
    plane = Plane()
    plane.house.issuer.grants.append(grant(person(A)))
    async with plane.serving() as http:
        begun = (await http.post("/auth/login-start")).json()
        assert (begun["callbackPort"], begun["notice"], state_in(begun["authUrl"])) == (1455, None, begun["state"])
        pending = (await http.post("/auth/login-status", json={"state": begun["state"]})).json()
        assert (pending["status"], pending["callbackPort"]) == ("pending", 1455)
        page = await http.get(f"/auth/callback?code=c&state={begun['state']}", headers={"authorization": ""})
        assert (page.status_code, "You are logged in" in page.text) == (200, True)
        ended = (await http.post("/auth/login-status", json={"state": begun["state"]})).json()
    assert (ended["status"], ended["added"], ended["account"]["email"]) == ("done", True, "aaaa@example.invalid")
    assert plane.house.views.standing().usable_now


async def test_b_07_who_logs_in_again_leaves_by_the_accounts_own_way() -> None:
    plane = Plane()
    await plane.house.add(A)
    issuer = plane.house.issuer
    issuer.grants.extend([grant(person(A))] * 2)
    issuer.answers.append(AuthorizationCode(code="c", verifier="v", redirect_uri=f"{ISSUER}/deviceauth/callback"))
    async with plane.serving() as http:
        state = (await http.post("/auth/login-start", json={"accountId": A})).json()["state"]
        await http.get(f"/auth/callback?code=c&state={state}")
        device = (await http.post("/auth/device-login", json={"accountId": A})).json()
        plane.house.clock.time += 5
        await http.post(f"/auth/device-poll/{device['deviceCode']}")
        for path in ("/auth/login-start", "/auth/device-login"):
            assert outcome(await http.post(path, json={"accountId": C})) == (404, "unknown_account")
            assert (await http.post(path, json={"accountId": "somebody"})).status_code == 400
    assert [row_id for _, row_id in issuer.exchanged] == [A, A]
    assert issuer.asked == [A]


async def test_c_04_an_address_that_is_pasted_twice_logs_in_once() -> None:
    plane = Plane()
    plane.house.issuer.grants.append(grant(person(A)))
    async with plane.serving() as http:
        state = (await http.post("/auth/login-start")).json()["state"]
        for _ in range(2):
            told = (await http.post("/auth/code-relay", json={"callbackUrl": callback(state, code="c")})).json()
            assert (told["success"], told["account"]["email"]) == (True, "aaaa@example.invalid")
    assert len(plane.house.issuer.exchanged) == 1


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"error": "access_denied", "error_description": "the+owner+said+no"}, (400, "denied")),
        ({"code": "c"}, (500, "refused")),
    ],
)
async def test_a_login_that_fails_says_why(members: dict[str, str], expected: tuple[int, str]) -> None:
    plane = Plane()
    plane.house.issuer.grants.append(bad_code())
    async with plane.serving() as http:
        state = (await http.post("/auth/login-start")).json()["state"]
        reply = await http.post("/auth/code-relay", json={"callbackUrl": callback(state, **members)})
        report = (await http.post("/auth/login-status", json={"state": state})).json()
    assert outcome(reply) == expected
    assert (report["status"], report["code"], report["error"]) == ("failed", expected[1], reply.json()["error"])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "invalid_callback"),
        ("http://x/?code=1", "invalid_callback"),
        (callback("foreign", code="c"), "unknown_login"),
    ],
)
async def test_an_address_that_belongs_to_no_login(url: str, code: str) -> None:
    async with Plane().serving() as http:
        assert outcome(await http.post("/auth/code-relay", json={"callbackUrl": url})) == (400, code)


async def test_c_05_without_a_port_the_address_has_to_be_pasted() -> None:
    plane = Plane()
    plane.listener.ports.clear()
    async with plane.serving() as http:
        begun = (await http.post("/auth/login-start")).json()
    assert (begun["callbackPort"], begun["ways"]) == (None, ["paste", "device"])
    assert "already in use" in begun["notice"]


async def test_a_login_can_be_given_up() -> None:
    plane = Plane()
    async with plane.serving() as http:
        state = (await http.post("/auth/login-start")).json()["state"]
        assert (await http.post("/auth/login-cancel", json={"state": state})).json()["code"] == "cancelled"
        assert outcome(await http.post("/auth/login-cancel", json={"state": "other"})) == (400, "unknown_login")
        assert outcome(await http.post("/auth/login-status", json={"state": ""})) == (400, "invalid_request")
    assert plane.listener.port is None


# ------------------------------------------------------------------------------------------------- the redirect


async def test_c_02_the_page_escapes_what_it_shows_and_loads_nothing() -> None:
    plane = Plane()
    async with plane.serving() as http:
        state = (await http.post("/auth/login-start")).json()["state"]
        nasty = "%3C/script%3E%3Cimg%20onerror=alert(1)%3E"
        page = await http.get(f"/auth/callback?state={state}&error=denied&error_description={nasty}")
    assert "<img" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers.get_list("cache-control") == ["no-store"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_c_03_a_foreign_name_gets_no_redirect_and_what_a_page_loads_neither() -> None:
    plane = Plane()
    async with plane.serving() as http:
        state = (await http.post("/auth/login-start")).json()["state"]
        path = f"/auth/callback?code=c&state={state}"
        assert (await http.get(path, headers={"host": "evil.example"})).status_code == 421
        assert (await http.get(path, headers={"sec-fetch-mode": "no-cors"})).status_code == 400
        arrived = await http.get("/auth/callback?code=c&state=foreign", headers={"sec-fetch-site": "cross-site"})
        assert (arrived.status_code, plane.house.issuer.exchanged) == (400, [])


async def test_c_01_another_programs_redirect_frees_the_port() -> None:
    plane = Plane()
    async with plane.serving() as http:
        state = (await http.post("/auth/login-start")).json()["state"]
        await http.get("/auth/callback?code=c&state=foreign")
        await until(lambda: plane.listener.port is None)
        report = (await http.post("/auth/login-status", json={"state": state})).json()
    assert (plane.listener.port, report["status"], report["callbackPort"]) == (None, "pending", None)


async def test_c_06_no_state_is_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    plane = Plane()
    plane.house.issuer.grants.append(grant(person(A)))
    with caplog.at_level(logging.DEBUG), capture_logs() as told:
        async with plane.serving() as http:
            state = (await http.post("/auth/login-start")).json()["state"]
            await http.get(f"/auth/callback?code=the-code&state={state}")
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert not any(secret in str([*logged, *told]) for secret in (state, "the-code"))


async def test_c_06_no_state_is_in_an_address_of_ours() -> None:
    plane = Plane()
    paths = {route.path for route in plane.application.routes}
    assert not any(re.search(r"state|callback_url", path) for path in paths)
    for value in (RelayCallback(callback_url=callback("s", code="c")), GivenToken(token="rt_x")):
        assert "..." in repr(value)


# ----------------------------------------------------------------------------------------------- by device code


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_device_logs_in(method: str) -> None:
    plane = Plane()
    issuer = plane.house.issuer
    code = AuthorizationCode(code="c", verifier="v", redirect_uri=f"{ISSUER}/deviceauth/callback")
    issuer.answers.extend([StillWaiting(), code])
    issuer.grants.append(grant(person(A)))
    async with plane.serving() as http:
        begun = (await http.post("/auth/device-login")).json()
        assert begun.keys() == {
            "userCode",
            "verificationUri",
            "verificationUriComplete",
            "deviceCode",
            "expiresIn",
            "interval",
        }
        assert (begun["userCode"], begun["expiresIn"], begun["interval"]) == ("ABCD-12345", 900, 5.0)
        path = f"/auth/device-poll/{begun['deviceCode']}"
        waits = {"pending": True, "code": "authorization_pending", "interval": 5.0, "trouble": None}
        for _ in range(2):  # at first it is too early to ask, then nobody has entered the code
            assert (await http.request(method, path)).json() == waits
            plane.house.clock.time += 5
        told = (await http.request(method, path)).json()
    assert (told["success"], told["account"]["email"], len(issuer.asked)) == (True, "aaaa@example.invalid", 2)
    assert "device-secret" not in json.dumps(begun)


async def test_a_device_login_that_nobody_knows_or_that_the_issuer_does_not_begin() -> None:
    plane = Plane()
    plane.house.issuer.device = IssuerError(Refusal.UNAVAILABLE, "the issuer answered 500")
    async with plane.serving() as http:
        assert outcome(await http.post("/auth/device-poll/00")) == (400, "unknown_login")
        assert outcome(await http.post("/auth/device-poll/no-such")) == (400, "invalid_request")
        assert outcome(await http.post("/auth/device-login")) == (502, "issuer_unavailable")


async def test_a_device_login_that_is_over() -> None:
    plane = Plane()
    async with plane.serving() as http:
        begun = (await http.post("/auth/device-login")).json()
        plane.house.clock.time += 900
        assert outcome(await http.post(f"/auth/device-poll/{begun['deviceCode']}")) == (400, "expired")


# -------------------------------------------------------------------------------------- by token and by file


async def test_a_token_logs_in() -> None:
    async with Plane().serving() as http:
        told = (await http.post("/auth/token", json={"token": f"Bearer {token(person(A))}"})).json()
        assert (told["success"], told["account"]["accountId"]) == (True, "workspace-aaaa")
        assert outcome(await http.post("/auth/token", json={"token": "none"})) == (400, "token_unusable")


def cli_file(**members: Any) -> bytes:
    tokens = {"access_token": token(person(A), issued_at=NOW - DAY), "refresh_token": "rt_of-the-cli", **members}
    return json.dumps({"auth_mode": "chatgpt", "tokens": tokens}).encode()


async def test_b_14_the_codex_clis_login_is_taken_over_without_its_refresh_token() -> None:
    plane = Plane()
    plane.files.contents["/home/auth.json"] = cli_file()
    async with plane.serving() as http:
        told = (await http.post("/auth/import-cli")).json()
        assert (told["success"], told["account"]["hasRefreshToken"], told["notice"]) == (True, False, None)
        both = (await http.post("/auth/import-cli", json={"mode": "copy_with_refresh_token"})).json()
        assert "logs the other one out" in both["notice"]
        assert outcome(await http.post("/auth/import-cli", json={"mode": "all"})) == (400, "invalid_request")


async def test_a_file_that_is_not_there_or_holds_nothing() -> None:
    plane = Plane()
    async with plane.serving() as http:
        assert outcome(await http.post("/auth/import-cli")) == (400, "file_unreadable")
        plane.files.contents["/home/auth.json"] = b'{"OPENAI_API_KEY":"sk-secret"}'
        refused = await http.post("/auth/import-cli")
    assert outcome(refused) == (400, "file_unusable")
    assert "sk-secret" not in refused.text
