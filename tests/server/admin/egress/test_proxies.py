"""The owner looks at the pool and changes it."""

from typing import Any

import pytest

from codex_proxy.operations.egress.formats import MAX_BYTES
from tests.operations.egress.stage import SECRET, A, B
from tests.server.admin.accounts.plane import WORKER, outcome
from tests.server.admin.egress.plane import PROXIES, Plane, added

URL = f"http://user:{SECRET}@one.invalid:1"
MASKED = "http://user:***@one.invalid:1"
SHOWN = {
    "id": "p1",
    "name": "one.invalid:1",
    "url": MASKED,
    "status": "active",
    "health": None,
    "addedAt": "1970-01-01T00:16:40.000Z",
    "reason": None,
    "regionBlockedUntil": None,
}
HEALTH = {"exitIp": "192.0.2.1", "latencyMs": 0, "lastChecked": "1970-01-01T00:16:40.000Z", "error": None}


async def test_a_proxy_is_added_by_url_or_by_parts_and_shown_without_its_password() -> None:
    plane = Plane()
    async with plane.serving() as http:
        assert await added(http, url=URL) == SHOWN
        parts = {"protocol": "socks5", "host": "two.invalid", "port": "1080", "username": "u", "password": SECRET}
        plane.stage.clock.time += 1
        assert (await added(http, name="Two", **parts))["url"] == "socks5://u:***@two.invalid:1080"
        assert (await added(http, host=URL, port=9, protocol="socks5", username=None))["id"] == "p1"
        told = (await http.get(PROXIES)).json()
    assert told["proxies"][0] == SHOWN
    assert [proxy["name"] for proxy in told["proxies"]] == ["one.invalid:1", "Two"]
    assert (told["assignments"], told["healthCheckIntervalMinutes"]) == ([], 5)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "url: it is missing"),
        ({"url": f"ftp://u:{SECRET}@one.invalid:1"}, "protocol: it is none of http, https, socks5, socks5h"),
        ({"host": "one.invalid"}, "port: it is missing"),
        ({"host": "one.invalid", "port": 70000}, "port: it is no number from 1 to 65535"),
        ({"url": 5}, "url: Expected `str`, got `int`"),
    ],
)
async def test_what_is_no_proxy_is_a_400_that_names_the_field(body: dict[str, Any], words: str) -> None:
    async with Plane().serving() as http:
        reply = await http.post(PROXIES, json=body)
        assert reply.status_code == 400
        assert words in reply.json()["error"]
        assert SECRET not in reply.text
        assert (await http.get(PROXIES)).json()["proxies"] == []


async def test_p_04_settings_are_no_proxys_id() -> None:
    plane = Plane()
    async with plane.serving() as http:
        reply = await http.put(f"{PROXIES}/settings", json={"healthCheckIntervalMinutes": 0, "extra": 1})
        assert reply.json() == {
            "success": True,
            "healthCheckIntervalMinutes": 0,
            "overridden": None,
            "warnings": ["unknown field 'extra' was ignored"],
        }
        for wrong in (-1, 1441, "often", None, 1.5):
            assert (
                await http.put(f"{PROXIES}/settings", json={"healthCheckIntervalMinutes": wrong})
            ).status_code == 400
        plane.stage.keeper.broken = True
        refused = await http.put(f"{PROXIES}/settings", json={"healthCheckIntervalMinutes": 7})
        assert outcome(refused) == (409, "settings_not_kept")
        assert (await http.get(PROXIES)).json()["healthCheckIntervalMinutes"] == 0


async def test_p_07_a_proxy_changes_only_to_another_proxy() -> None:
    async with Plane().serving() as http:
        await added(http, url=URL)
        await added(http, url="two.invalid:2")
        changed = (await http.put(f"{PROXIES}/p1", json={"name": "Mine", "url": MASKED})).json()
        assert changed == {"success": True, "proxy": SHOWN | {"name": "Mine"}}
        assert (await http.put(f"{PROXIES}/p1", json={"url": "socks5://three.invalid"})).json()["proxy"]["url"] == (
            "socks5://three.invalid:1080"
        )
        assert outcome(await http.put(f"{PROXIES}/p1", json={"url": "anything"})) == (400, "invalid_proxy")
        for refused in (
            await http.put(f"{PROXIES}/p1", json={"url": "http://169.254.169.254:80"}),
            await http.post(PROXIES, json={"protocol": "http", "host": "fe80::1", "port": 80}),
        ):
            assert outcome(refused) == (400, "invalid_proxy")
            assert "cloud metadata address" in refused.text
        assert outcome(await http.put(f"{PROXIES}/p1", json={"url": "two.invalid:2"})) == (409, "address_taken")
        assert outcome(await http.put(f"{PROXIES}/p9", json={"name": "x"})) == (404, "unknown_proxy")


async def test_a_proxy_goes_when_its_accounts_know_where_to() -> None:
    plane = Plane()
    async with plane.serving() as http:
        await added(http, url=URL)
        await plane.stage.assignments.assign({A: "p1", B: "p1"})
        refused = await http.delete(f"{PROXIES}/p1")
        assert outcome(refused) == (409, "proxy_in_use")
        assert refused.json()["details"] == {"accounts": [A, B]}
        assert outcome(await http.delete(f"{PROXIES}/p1?reassign=p9")) == (400, "unknown_proxy")
        gone = await http.delete(f"{PROXIES}/p1?reassign=direct")
        assert gone.json() == {"success": True, "accounts": [A, B]}
        assert outcome(await http.delete(f"{PROXIES}/p1")) == (404, "unknown_proxy")
        assert {each["proxyId"] for each in (await http.get(PROXIES)).json()["assignments"]} == {"direct"}


async def test_a_proxy_is_switched_off_and_on() -> None:
    async with Plane().serving() as http:
        await added(http, url=URL)
        assert (await http.post(f"{PROXIES}/p1/disable")).json()["proxy"]["status"] == "disabled"
        assert (await http.post(f"{PROXIES}/p1/enable")).json() == {"success": True, "proxy": SHOWN}
        for verb in ("enable", "disable", "check"):
            assert outcome(await http.post(f"{PROXIES}/p9/{verb}")) == (404, "unknown_proxy")


async def test_checks_tell_what_they_found() -> None:
    plane = Plane()
    async with plane.serving() as http:
        await added(http, url=URL)
        checked = (await http.post(f"{PROXIES}/p1/check")).json()
        assert checked == {"success": True, "proxy": SHOWN | {"health": HEALTH}, "health": HEALTH}
        plane.stage.probe.answers[URL] = "it cannot be reached"
        plane.stage.clock.time += 1
        await http.post(f"{PROXIES}/check-all")
        plane.stage.clock.time += 1
        [proxy] = (await http.post(f"{PROXIES}/check-all")).json()["proxies"]
    assert (proxy["status"], proxy["reason"]) == ("unreachable", "it cannot be reached")
    assert proxy["health"]["error"] == "it cannot be reached"


async def test_p_05_the_export_holds_passwords_and_is_for_the_bearer_of_the_admin_key() -> None:
    plane = Plane()
    async with plane.serving() as http:
        await added(http, name="Mine", url=URL)
        reply = await http.get(f"{PROXIES}/export")
        assert reply.text == f'- name: "Mine"\n  url: "{URL}"\n'
        assert reply.headers["content-type"].partition(";")[0] == "text/yaml"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["content-disposition"] == 'attachment; filename="codex-proxy-proxies.yaml"'
        by_key = {"authorization": "", "x-api-key": "boss"}
        assert outcome(await http.get(f"{PROXIES}/export", headers=by_key)) == (403, "bearer_key_required")
        assert (await http.get(PROXIES, headers=by_key)).status_code == 200
        assert (await http.get(f"{PROXIES}/export", headers=WORKER)).status_code == 403


@pytest.mark.parametrize("form", ["text/yaml", "application/yaml", "application/x-yaml", "text/plain"])
async def test_a_list_is_taken_in_from_the_bearer_of_the_admin_key(form: str) -> None:
    text = f"- {{name: Mine, url: '{URL}'}}\n- null\n- two.invalid:2\n"
    async with Plane().serving() as http:
        reply = await http.post(f"{PROXIES}/import", content=text, headers={"content-type": form})
        errors = [{"row": 2, "error": "row: it is neither a mapping nor a text"}]
        assert reply.json() == {"success": True, "added": 2, "updated": 0, "errors": errors}
        again = await http.post(f"{PROXIES}/import", content=text, headers={"content-type": form})
        assert (again.json()["added"], again.json()["updated"]) == (0, 2)
        by_key = {"authorization": "", "x-api-key": "boss", "content-type": form}
        refused = await http.post(f"{PROXIES}/import", content=text, headers=by_key)
        assert outcome(refused) == (403, "bearer_key_required")


async def test_a_list_in_json_is_taken_in_as_any_json_is() -> None:
    async with Plane().serving() as http:
        by_key = {"authorization": "", "x-api-key": "boss"}
        assert (await http.post(f"{PROXIES}/import", json=[{"url": URL}], headers=by_key)).json()["added"] == 1


@pytest.mark.parametrize(
    ("content", "form", "status"),
    [
        ("proxies: 5", "text/yaml", 400),
        ("- !!python/object/apply:os.system [x]", "text/yaml", 400),
        ("x" * (MAX_BYTES + 1), "text/plain", 413),
        ("a=b", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_p_07_what_is_no_list_is_refused(content: str, form: str, status: int) -> None:
    async with Plane().serving() as http:
        reply = await http.post(f"{PROXIES}/import", content=content, headers={"content-type": form})
        assert reply.status_code == status


async def test_p_05_no_answer_shows_a_password() -> None:
    plane = Plane()
    shown: list[str] = []
    async with plane.serving() as http:
        shown.append((await http.post(PROXIES, json={"name": URL, "url": URL})).text)
        yaml = f"- {{name: '{URL}', url: '{URL}'}}\n- ftp://u:{SECRET}@x:1\n"
        shown.append((await http.post(f"{PROXIES}/import", content=yaml, headers={"content-type": "text/yaml"})).text)
        for method, path, body in (
            ("GET", "", None),
            ("PUT", "/p1", {"name": f"x {SECRET}"}),
            ("PUT", "/p1", {"url": f"ftp://u:{SECRET}@x:1"}),
            ("POST", "/p1/check", None),
            ("POST", "/check-all", None),
            ("POST", "/p1/disable", None),
            ("POST", "/p1/enable", None),
            ("POST", "/assign", {"accountId": A, "proxyId": "p1"}),
            ("GET", "/assignments", None),
            ("GET", "/assignments/export", None),
            ("DELETE", "/p1", None),
        ):
            shown.append((await http.request(method, PROXIES + path, json=body)).text)
    assert not [text for text in shown if SECRET in text]


async def test_only_the_admin_key_may() -> None:
    plane = Plane()
    async with plane.serving() as http:
        for key, status in ((WORKER, 403), ({"authorization": ""}, 401)):
            for method, path in (("GET", ""), ("POST", ""), ("PUT", "/settings"), ("GET", "/assignments")):
                assert (await http.request(method, PROXIES + path, headers=key)).status_code == status
