"""The log of changes over HTTP."""

from tests.server.admin.access.doors import ACCOUNT, Doors
from tests.server.admin.accounts.plane import BOSS


async def test_pages_of_the_log_newest_first() -> None:
    doors = Doors()
    async with doors.browser() as http:
        for _ in range(3):
            await http.post("/auth/accounts/batch-delete", json={}, headers=BOSS)
        page = (await http.get("/admin/audit?limit=2", headers=BOSS)).json()
        assert [entry["seq"] for entry in page["entries"]] == [3, 2]
        rest = (await http.get(f"/admin/audit?before={page['next_before']}", headers=BOSS)).json()
        assert ([entry["seq"] for entry in rest["entries"]], rest["next_before"], rest["lost"]) == ([1], None, 0)
        assert (await http.get("/admin/audit?limit=0", headers=BOSS)).status_code == 400


async def test_a_log_that_was_changed_is_said_so() -> None:
    doors = Doors()
    async with doors.browser() as http:
        await http.delete(ACCOUNT, headers=BOSS)
        doors.audit.lines[0] = doors.audit.lines[0].replace(b"boss", b"mole")
        told = (await http.get("/admin/audit/verify", headers=BOSS)).json()
    assert (told["whole"], told["entries"]) == (False, 0)
    assert "seal does not fit" in told["problems"][0]
