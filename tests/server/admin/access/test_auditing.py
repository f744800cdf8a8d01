"""Every change that is asked for is written down."""

from codex_proxy.server.admin.access.auditing import MOST_TARGET
from tests.operations.access.household import PASSWORD
from tests.server.admin.access.doors import ACCOUNT, ELSEWHERE, EXPORT, Doors
from tests.server.admin.accounts.plane import BOSS, WORKER

DELETE = "DELETE /auth/accounts/{row_id}"


async def test_a_change_is_told_with_what_was_and_what_is() -> None:
    doors = Doors()
    async with doors.browser(client=("127.0.0.7", 1)) as http:
        await http.delete(ACCOUNT, headers=BOSS)
    (entry,) = doors.audit.entries(limit=10, before=None)
    assert (entry.who, entry.address, entry.action, entry.outcome) == ("boss", "127.0.0.7", DELETE, "done")
    assert (entry.target, entry.details) == ("0123456789abcdef", {"before.label": "before"})


async def test_refusals_are_told_by_whom_where_that_is_known() -> None:
    doors = Doors()
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser(client=ELSEWHERE) as http:
        await http.delete(ACCOUNT)
        await http.delete(ACCOUNT, headers=WORKER)
        await http.delete(ACCOUNT, headers={**BOSS, "host": "evil.example"})
        await http.post("/auth/dashboard-login", json={"password": "guess"})
    assert doors.actions() == [
        ("nobody", "POST /auth/dashboard-login", "refused, 401"),
        ("nobody", DELETE, "refused, 421"),
        ("nobody", DELETE, "refused, 403"),
        ("nobody", DELETE, "refused, 401"),
    ]
    assert doors.labels


async def test_reading_is_not_told_but_for_secrets() -> None:
    doors = Doors()
    async with doors.owner() as http:
        await http.get("/auth/accounts")
        await http.get("/admin/audit")
        await http.get(EXPORT)
    assert doors.actions() == [
        ("dashboard", f"GET {EXPORT}", "done"),
        ("dashboard", "POST /auth/dashboard-login", "done"),
    ]


async def test_of_a_body_only_plain_names_are_told() -> None:
    doors = Doors()
    async with doors.browser() as http:
        body = {"ids": ["marked-secret-1"], "token": "marked-secret-2", "marked-secret-3": 1}
        await http.post("/auth/accounts/batch-delete", json=body, headers=BOSS)
    (entry,) = doors.audit.entries(limit=10, before=None)
    assert entry.details == {"fields": "ids, token, ?"}
    assert b"marked-secret" not in b"".join(doors.audit.lines)


async def test_a_change_holds_although_it_cannot_be_written_down() -> None:
    doors = Doors()
    doors.audit.full = True
    async with doors.browser() as http:
        assert (await http.delete(ACCOUNT, headers=BOSS)).status_code == 200
        assert (await http.get("/admin/audit", headers=BOSS)).json()["lost"] == 1
    assert (doors.labels, doors.defects) == ({}, ["the disk is full"])


async def test_what_strangers_put_in_a_path_is_no_command_of_a_terminal() -> None:
    doors = Doors()
    async with doors.browser() as http:
        await http.delete("/auth/accounts/%1b%5b31m%0d%e2%80%ae" + "x" * 1000)
    (entry,) = doors.audit.entries(limit=10, before=None)
    assert entry.target == "?[31m??" + "x" * (MOST_TARGET - 7)
