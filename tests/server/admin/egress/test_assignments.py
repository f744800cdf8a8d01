"""The owner decides who leaves through which proxy."""

from typing import Any

import httpx
import pytest

from tests.operations.egress.stage import ROWS, A, B, C
from tests.server.admin.accounts.plane import outcome
from tests.server.admin.egress.plane import PROXIES, Plane, added

ASSIGNMENTS = f"{PROXIES}/assignments"


async def two_proxies(http: httpx.AsyncClient) -> None:
    await added(http, name="One", url="one.invalid:1")
    await added(http, name="Two", url="two.invalid:2")


async def ways(http: httpx.AsyncClient) -> dict[str, str]:
    return {each["accountId"]: each["proxyId"] for each in (await http.get(PROXIES)).json()["assignments"]}


@pytest.mark.parametrize(
    ("proxy_id", "name"), [("p2", "Two"), ("direct", "Direct"), ("auto", "Auto"), ("global", "Global")]
)
async def test_an_account_is_assigned_and_unassigned(proxy_id: str, name: str) -> None:
    async with Plane().serving() as http:
        await two_proxies(http)
        reply = await http.post(f"{PROXIES}/assign", json={"accountId": A, "proxyId": proxy_id})
        assert reply.json() == {
            "success": True,
            "assignment": {"accountId": A, "proxyId": proxy_id},
            "displayName": name,
        }
        assert await ways(http) == ({} if proxy_id == "global" else {A: proxy_id})
        assert (await http.delete(f"{PROXIES}/assign/{A}")).json() == {"success": True}
        assert await ways(http) == {}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid_request")),
        ({"accountId": A}, (400, "invalid_request")),
        ({"accountId": A, "proxyId": ""}, (400, "invalid_request")),
        ({"accountId": A, "proxyId": "p9"}, (400, "unknown_proxy")),
        ({"accountId": "d", "proxyId": "p1"}, (404, "unknown_account")),
    ],
)
async def test_p_09_nobody_and_nothing_are_not_assigned(body: dict[str, Any], expected: tuple[int, str]) -> None:
    async with Plane().serving() as http:
        await two_proxies(http)
        assert outcome(await http.post(f"{PROXIES}/assign", json=body)) == expected
        assert outcome(await http.delete(f"{PROXIES}/assign/d")) == (404, "unknown_account")
        assert await ways(http) == {}


async def test_every_account_with_its_way() -> None:
    async with Plane().serving() as http:
        await two_proxies(http)
        await http.post(f"{PROXIES}/assign", json={"accountId": B, "proxyId": "p1"})
        told = (await http.get(ASSIGNMENTS)).json()
    assert told["accounts"][:2] == [
        {"id": A, "email": "one@example.invalid", "status": "active", "proxyId": "global", "proxyName": "Global"},
        {"id": B, "email": "two@example.invalid", "status": "active", "proxyId": "p1", "proxyName": "One"},
    ]
    assert [proxy["name"] for proxy in told["proxies"]] == ["One", "Two"]


@pytest.mark.parametrize("path", ["/assign-bulk", "/assignments/apply"])
async def test_many_are_assigned_or_none(path: str) -> None:
    def body(*pairs: tuple[str, str]) -> dict[str, Any]:
        return {"assignments": [{"accountId": row_id, "proxyId": proxy_id} for row_id, proxy_id in pairs]}

    async with Plane().serving() as http:
        await two_proxies(http)
        given = await http.post(PROXIES + path, json=body((A, "p1"), (B, "auto"), (A, "p2")))
        assert given.json() == {"success": True, "applied": 2}
        assert await ways(http) == {A: "p2", B: "auto"}
        assert outcome(await http.post(PROXIES + path, json=body((C, "p1"), ("d", "p1")))) == (404, "unknown_account")
        assert outcome(await http.post(PROXIES + path, json=body((C, "p1"), (A, "p9")))) == (400, "unknown_proxy")
        assert outcome(await http.post(PROXIES + path, json={})) == (400, "invalid_request")
        assert await ways(http) == {A: "p2", B: "auto"}


async def test_accounts_take_proxies_in_turn() -> None:
    wanted = {"accountIds": [*ROWS], "rule": "round-robin", "targetProxyIds": ["p2", "p1"]}
    async with Plane().serving() as http:
        await two_proxies(http)
        reply = (await http.post(f"{PROXIES}/assign-rule", json=wanted)).json()
        assert reply["applied"] == 3
        told = {each["accountId"]: each["proxyId"] for each in reply["assignments"]}
        assert told == await ways(http) == {A: "p2", B: "p1", C: "p2"}
        wrongs: list[dict[str, Any]] = [{"rule": "random"}, {"targetProxyIds": []}, {"targetProxyIds": ["p9"]}]
        for wrong in wrongs:
            assert (await http.post(f"{PROXIES}/assign-rule", json=wanted | wrong)).status_code == 400


async def test_p_09_a_file_is_given_out_looked_at_and_applied() -> None:
    async with Plane().serving() as http:
        await two_proxies(http)
        await http.post(f"{PROXIES}/assign", json={"accountId": C, "proxyId": "p2"})
        file = (await http.get(f"{ASSIGNMENTS}/export")).json()
        row = {"email": "Two@example.invalid", "accountId": C, "proxyId": "p2", "proxyName": "Two"}
        assert file == {"assignments": [row]}
        await http.delete(f"{PROXIES}/assign/{C}")
        rows = [*file["assignments"], None, [], {"email": "two@example.invalid", "proxyId": "p1"}, {"email": 5}]
        preview = (await http.post(f"{ASSIGNMENTS}/import", json={"assignments": rows})).json()
        assert preview["changes"] == [{"email": "Two@example.invalid", "accountId": C, "from": "global", "to": "p2"}]
        assert preview["unchanged"] == 0
        assert [error["row"] for error in preview["errors"]] == [2, 3, 4, 5]
        assert await ways(http) == {}
        chosen = [{"accountId": each["accountId"], "proxyId": each["to"]} for each in preview["changes"]]
        await http.post(f"{ASSIGNMENTS}/apply", json={"assignments": chosen})
        assert await ways(http) == {C: "p2"}
        wrongs: list[Any] = [{}, {"assignments": 5}, []]
        for wrong in wrongs:
            assert (await http.post(f"{ASSIGNMENTS}/import", json=wrong)).status_code == 400
