"""What is found out about a request."""

import pytest

from codex_proxy.access.matrix.rules import CHANGE, READ
from codex_proxy.server.admin.access.entrance import Entrance, is_still_admitted, rule_at, session_of, tell_who, who_of
from tests.server.admin.access.doors import HERE, Doors
from tests.server.admin.accounts.plane import BOSS


def test_a_route_has_its_row_and_one_without_is_the_owners() -> None:
    assert rule_at({"method": "GET", "path_template": "/auth/accounts"}) == READ
    assert rule_at({"method": "GET", "path_template": "/nobody/knows"}) == CHANGE
    assert rule_at({"method": "GET"}) == CHANGE


@pytest.mark.parametrize("kept", [None, {}, object()])
def test_without_a_session_there_is_none(kept: object) -> None:
    assert session_of({"session": kept}) is None


def test_who_asks_is_noted() -> None:
    scope = {"client": HERE}
    assert who_of(scope) is None
    tell_who(scope, "admin")
    assert who_of(scope) == "admin"


async def test_other_machines_are_served_once_there_is_a_password() -> None:
    doors = Doors()
    assert not await doors.entrance.serves_others()
    await doors.home.dashboard.change("a long password of some kind")
    assert await doors.entrance.serves_others()
    assert await Entrance().serves_others()


async def test_s_08_what_lasts_hears_that_a_session_ended_and_that_a_key_still_opens() -> None:
    doors = Doors()
    async with doors.owner() as http:
        await http.get("/admin/jobs")
        await http.get("/admin/jobs", headers=BOSS)
        await doors.home.dashboard.change("another long password")
    of_session, of_key = doors.lasting
    assert not of_session()
    assert of_key()


def test_who_was_admitted_by_nobody_may_stay() -> None:
    assert is_still_admitted({})
