"""Changes of accounts through the interface."""

from typing import Any

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import News
from codex_proxy.server.admin.accounts.changing import AddAccount
from tests.operations.accounts.household import A, B, C, person
from tests.operations.login.stage import NOW, grant, token
from tests.server.admin.accounts.plane import Plane, outcome

REFRESH = "rt_brought-by-the-owner"


async def plane_with(*row_ids: str) -> Plane:
    plane = Plane()
    for row_id in row_ids:
        await plane.house.add(row_id)
    return plane


async def test_a_token_becomes_an_account() -> None:
    plane = Plane()
    async with plane.serving() as http:
        reply = await http.post("/auth/accounts", json={"token": token(person(A)), "label": "mine"})
    told = reply.json()
    assert (reply.status_code, told["success"], told["added"], told["keptNewer"]) == (200, True, True, False)
    assert (told["account"]["label"], told["account"]["status"]) == ("mine", "active")
    assert token(person(A)) not in reply.text


async def test_a_refresh_token_is_exchanged_and_a_refusal_is_a_502() -> None:
    plane = Plane()
    plane.house.issuer.renewals.append(grant(person(A), refresh_token="rt_the-next-one"))
    plane.house.issuer.renewals.append(IssuerError(Refusal.REFRESH_TOKEN_REUSED, "it was used already"))
    async with plane.serving() as http:
        assert (await http.post("/auth/accounts", json={"refreshToken": REFRESH})).json()["added"] is True
        refused = await http.post("/auth/accounts", json={"refreshToken": f"{REFRESH}-2"})
    assert outcome(refused) == (502, "refresh_failed")
    assert refused.json()["details"] == {"refusal": "refresh_token_reused", "kept": False}
    assert REFRESH not in refused.text


@pytest.mark.parametrize("body", [{}, {"token": "x"}, {"token": "sk-" + "x" * 40}, {"token": "eyJ" + "x" * 40}])
async def test_what_is_no_token_is_a_400(body: dict[str, str]) -> None:
    async with Plane().serving() as http:
        reply = await http.post("/auth/accounts", json=body)
    assert outcome(reply) == (400, "token_unusable")
    assert "xxxx" not in reply.text


async def test_several_are_switched_at_once() -> None:
    plane = await plane_with(A, B)
    async with plane.serving() as http:
        off = await http.post("/auth/accounts/batch-status", json={"ids": [A, B, C], "status": "disabled"})
        assert off.json() == {"success": True, "updated": 2, "notFound": [C]}
        on = await http.post("/auth/accounts/batch-status", json={"ids": [A], "status": "active"})
        assert on.json() == {"success": True, "updated": 1, "notFound": []}
        accounts = (await http.get("/auth/accounts")).json()["accounts"]
    assert {account["id"]: account["status"] for account in accounts} == {A: "active", B: "disabled"}


async def test_several_are_removed_at_once() -> None:
    plane = await plane_with(A, B)
    async with plane.serving() as http:
        gone = await http.post("/auth/accounts/batch-delete", json={"ids": [A, C]})
        assert gone.json() == {"success": True, "deleted": 1, "notFound": [C], "notRevoked": []}
        revoked = await http.post("/auth/accounts/batch-delete", json={"ids": [B], "revoke": True})
        assert revoked.json()["deleted"] == 1
    assert plane.house.issuer.revoked == [f"rt_of-{B}-kept"]


@pytest.mark.parametrize("no_id", ["x", A.upper(), f"{A}\n", "\0", "ä" * 16, "../" + A])
async def test_what_is_no_id_is_told_as_not_found_and_the_others_go_on(no_id: str) -> None:
    plane = await plane_with(A, B)
    async with plane.serving() as http:
        off = await http.post("/auth/accounts/batch-status", json={"ids": [no_id, A, C], "status": "disabled"})
        assert off.json() == {"success": True, "updated": 1, "notFound": [no_id, C]}
        gone = await http.post("/auth/accounts/batch-delete", json={"ids": [B, no_id], "revoke": True})
        assert gone.json() == {"success": True, "deleted": 1, "notFound": [no_id], "notRevoked": []}
        accounts = (await http.get("/auth/accounts")).json()["accounts"]
    assert {account["id"]: account["status"] for account in accounts} == {A: "disabled"}


@pytest.mark.parametrize(
    "body",
    [
        {"ids": []},
        {"ids": [A] * 1001},
        {"ids": "all"},
        {"ids": [""]},
        {"ids": ["x" * 129]},
        {"ids": [A], "status": "banned"},
        {"ids": [A, None], "status": "active"},
    ],
)
@pytest.mark.parametrize("path", ["batch-status", "batch-delete"])
async def test_a_list_of_ids_is_bounded_and_checked(path: str, body: dict[str, Any]) -> None:
    plane = await plane_with(A)
    async with plane.serving() as http:
        reply = await http.post(f"/auth/accounts/{path}", json=body)
    if path == "batch-delete" and body["ids"] == [A]:
        assert reply.json()["warnings"] == ["unknown field 'status' was ignored"]
    else:
        assert outcome(reply) == (400, "invalid_request")


async def test_one_is_named() -> None:
    plane = await plane_with(A)
    async with plane.serving() as http:
        assert (await http.patch(f"/auth/accounts/{A}/label", json={"label": "x" * 64})).json() == {"success": True}
        mode = await http.patch(f"/auth/accounts/{A}/codex-fingerprint", json={"mode": "session"})
        assert mode.json() == {"success": True, "mode": "session"}
        assert outcome(await http.patch(f"/auth/accounts/{A}/label", json={})) == (400, "invalid_request")
        wrong = await http.patch(f"/auth/accounts/{A}/codex-fingerprint", json={"mode": "on"})
        assert outcome(wrong) == (400, "invalid_request")
    view = plane.house.views.one(A)
    assert (view.label, view.codex_fingerprint_mode.value) == ("x" * 64, "session")


async def test_what_stands_in_the_way_is_taken_away() -> None:
    plane = await plane_with(A)
    for bucket in ("codex", "codex_bengalfox"):
        news = News(occurrence=Occurrence.USAGE_LIMIT, bucket=bucket, until=NOW + 60)
        plane.house.pool.settle(A, news, NOW)
    async with plane.serving() as http:
        path = f"/auth/accounts/{A}/clear-cooldown"
        one = (await http.post(path, json={"bucket": "codex"})).json()
        assert (one["success"], one["status"]) == (True, "rate_limited")
        assert one["status_detail"]["bucket"] == "codex_bengalfox"
        assert (await http.post(path)).json() == {"success": True, "status": "active", "status_detail": None}
        assert outcome(await http.post(path, json={"bucket": ""})) == (400, "invalid_request")


async def test_one_is_removed() -> None:
    plane = await plane_with(A, B)
    async with plane.serving() as http:
        assert (await http.delete(f"/auth/accounts/{A}")).json()["success"] is True
        assert (await http.delete(f"/auth/accounts/{B}?revoke=true")).json()["deleted"] == 1
        assert outcome(await http.delete(f"/auth/accounts/{A}")) == (404, "unknown_account")
    assert plane.house.issuer.revoked == [f"rt_of-{B}-kept"]


@pytest.mark.parametrize("body", [{}, {"confirm": "yes"}, {"confirm": True}, None])
async def test_s_08_everybody_is_removed_only_where_that_is_meant(body: Any) -> None:
    plane = await plane_with(A)
    async with plane.serving() as http:
        assert (await http.post("/auth/logout", json=body)).status_code == 400
        assert len(plane.house.pool) == 1
        gone = await http.post("/auth/logout", json={"confirm": "delete-all-accounts"})
    assert (gone.json()["deleted"], len(plane.house.pool)) == (1, 0)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "label", {"label": None}),
        ("PATCH", "codex-fingerprint", {"mode": "off"}),
        ("POST", "reset-usage", None),
        ("POST", "clear-cooldown", {}),
    ],
)
async def test_nobody_is_a_404(method: str, path: str, body: Any) -> None:
    async with Plane().serving() as http:
        asked = {"json": body} if body is not None else {}
        reply = await http.request(method, f"/auth/accounts/{A}/{path}", **asked)
    assert outcome(reply) == (404, "unknown_account")


def test_an_owners_token_shows_in_no_text() -> None:
    assert REFRESH not in repr(AddAccount(refresh_token=REFRESH, label="x"))
