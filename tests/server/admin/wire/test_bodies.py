"""Bodies of requests to the control plane."""

import re
from typing import Any, cast

import pytest

from codex_proxy.server.admin.wire.bodies import ROW_ID, ControlRequest, prefers_job
from tests.operations.accounts.household import A
from tests.server.admin.accounts.plane import Plane

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "JSON is malformed|truncated"),
        (b"", "the body is missing"),
        (b"null", "Expected `object`, got `null`"),
        (b"[]", "Expected `object`, got `array`"),
        (b'"text"', "Expected `object`, got `str`"),
        (b'{"token":"\xff"}', "no UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"token":1}', "token: Expected `str \\| null`, got `int`"),
        (b'{"label":"' + b"x" * 65 + b'"}', "label: Expected `str` of length <= 64"),
        (b'{"token":1e999}', "out of range"),
    ],
)
async def test_what_is_no_body_is_a_400_that_says_why(body: bytes, words: str) -> None:
    plane = Plane()
    async with plane.serving() as http:
        reply = await http.post("/auth/accounts", content=body, headers=JSON)
    assert reply.status_code == 400
    assert re.search(words, reply.json()["error"]), reply.text
    assert reply.json()["code"] == "invalid_request"
    assert plane.defects == []


async def test_members_that_nobody_knows_are_passed_over_and_named() -> None:
    plane = Plane()
    await plane.house.add(A)
    async with plane.serving() as http:
        reply = await http.patch(f"/auth/accounts/{A}/label", json={"label": "x", "lable": "y", "b": 1})
        assert reply.json() == {
            "success": True,
            "warnings": ["unknown field 'lable' was ignored", "unknown field 'b' was ignored"],
        }
        assert (await http.patch(f"/auth/accounts/{A}/label", json={"label": None})).json() == {"success": True}


@pytest.mark.parametrize("row_id", ["A" * 16, "a" * 15, "a" * 17, "a" * 15 + "g", "..%2F..", "a" * 15 + "%0A"])
async def test_an_id_that_cannot_be_one_is_a_400(row_id: str) -> None:
    async with Plane().serving() as http:
        reply = await http.post(f"/auth/accounts/{row_id}/reset-usage")
    assert reply.status_code in {400, 404}
    assert reply.json()["code"] in {"invalid_request", "not_found"}


def test_ids_are_sixteen_hex_digits() -> None:
    assert re.match(ROW_ID, A)
    assert not re.match(ROW_ID, A + "\nx")


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [("respond-async", True), ("wait=9, Respond-Async;x=1", True), ("respond-asynchronously", False), ("", False)],
)
def test_who_would_rather_hear_of_a_job(prefer: str, expected: bool) -> None:
    scope = {"type": "http", "headers": [(b"prefer", prefer.encode())]}
    assert prefers_job(ControlRequest(cast("Any", scope))) is expected
