"""The owner sets an account's cookies and sees their names."""

from typing import Any

import pytest

from tests.operations.egress.stage import SECRET, A
from tests.server.admin.accounts.plane import outcome
from tests.server.admin.egress.plane import PROXIES, Plane, added

COOKIES = f"/auth/accounts/{A}/cookies"


@pytest.mark.parametrize("told", [f"cf_clearance={SECRET}; oai-did=1", {"cf_clearance": SECRET, "oai-did": "1"}])
async def test_cookies_are_set_shown_by_name_and_forgotten(told: Any) -> None:
    plane = Plane()
    async with plane.serving() as http:
        nothing = (await http.get(COOKIES)).json()
        assert nothing["cookies"] is None
        assert "cf_clearance=" in nothing["hint"]
        stars = {"cf_clearance": "***", "oai-did": "***"}
        assert (await http.post(COOKIES, json={"cookies": told})).json() == {"success": True, "cookies": stars}
        assert (await http.get(COOKIES)).json() == {"cookies": stars}
        assert plane.kept.kept[A, None]["cf_clearance"] == SECRET
        assert (await http.delete(COOKIES)).json() == {"success": True}
        assert (await http.get(COOKIES)).json()["cookies"] is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"cookies": ""}, "cf_clearance=…"),
        ({"cookies": {}}, "cf_clearance=…"),
        ({"cookies": {"a": f"{SECRET};"}}, "the value of a"),
        ({"cookies": {"a": 5}}, "Expected `str`"),
        ({}, "missing required field `cookies`"),
    ],
)
async def test_what_is_no_cookie_is_a_400_without_its_value(body: Any, words: str) -> None:
    async with Plane().serving() as http:
        reply = await http.post(COOKIES, json=body)
        assert reply.status_code == 400
        assert words in reply.json()["error"]
        assert SECRET not in reply.text


async def test_nobody_has_none_and_an_account_without_a_way_out_says_so() -> None:
    plane = Plane()
    async with plane.serving() as http:
        for method in ("GET", "DELETE"):
            reply = await http.request(method, f"/auth/accounts/{'d' * 16}/cookies")
            assert outcome(reply) == (404, "unknown_account")
        await added(http, url="one.invalid:1")
        await plane.stage.assignments.assign({A: "p1"})
        await http.post(f"{PROXIES}/p1/disable")
        assert outcome(await http.get(COOKIES)) == (409, "no_way_out")
        assert (await http.delete(COOKIES)).status_code == 200
