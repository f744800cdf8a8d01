"""What the commands for accounts do and show."""

import asyncio
import json
from typing import Any

import pytest

from codex_proxy.accounts.choice.explanation import Choice, PassedOver
from codex_proxy.accounts.choice.need import Basis, Need
from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.keeping import LoadFailure, PersistenceHealth
from codex_proxy.cli.accounts import (
    AccountScene,
    Import,
    explain,
    export_accounts,
    import_accounts,
    list_accounts,
    media_type_of,
    refresh_accounts,
    remove_accounts,
    resolved,
    switch_accounts,
)
from codex_proxy.cli.asking import GatewayRefused
from tests.cli.gatehouse import Gatehouse, Seen, scene
from tests.operations.accounts.household import A, B, limits, person
from tests.operations.login.stage import NOW, grant, token
from tests.operations.quota.stand_ins import reply


async def gatehouse_with(*row_ids: str) -> Gatehouse:
    gatehouse = Gatehouse()
    for row_id in row_ids:
        await gatehouse.house.add(row_id)
    return gatehouse


def file_of(count: int, **members: Any) -> Import:
    accounts = [{"token": token(person(f"{number:04x}"))} for number in range(count)]
    return Import(content=json.dumps({"accounts": accounts}).encode(), media_type="application/json", **members)


# ----------------------------------------------------------------------------------------------------- looking


async def test_the_list() -> None:
    gatehouse, seen = await gatehouse_with(A, B), Seen()
    await gatehouse.house.changes.label(B, "[red]mine[/red]")
    gatehouse.house.transport.add(reply(limits(42)), account_id=A)
    gatehouse.house.transport.add(reply(limits(7)), account_id=B)
    async with gatehouse.open() as gateway:
        await list_accounts(scene(gateway, seen), fresh=True, as_json=False)
    header, first, second = seen.text.splitlines()
    assert header.split() == ["id", "account", "plan", "status", "why", "limits", "token", "until", "egress"]
    for word in (A, "aaaa@example.invalid", "plus", "active", "5 h 42 %", "2027-01-24 08:00", "Global"):
        assert word in first
    assert "[red]mine[/red]" in second, "what others wrote is no markup"


async def test_u_05_the_list_as_json_holds_no_token() -> None:
    gatehouse, seen = await gatehouse_with(A), Seen()
    kept = await gatehouse.house.secrets(A)
    async with gatehouse.open() as gateway:
        await list_accounts(scene(gateway, seen), fresh=False, as_json=True)
    assert json.loads(seen.text)["accounts"][0]["id"] == A
    assert str(kept.access_token) not in seen.text
    assert str(kept.refresh_token) not in seen.text


async def test_no_account_and_a_broken_store_are_said_so() -> None:
    gatehouse, seen = Gatehouse(), Seen()
    gatehouse.house.health = PersistenceHealth(ok=False, reason=LoadFailure.QUARANTINED, message="look at the copy")
    async with gatehouse.open() as gateway:
        await list_accounts(scene(gateway, seen), fresh=False, as_json=False)
    assert seen.text.splitlines() == [
        "accounts are not kept: look at the copy",
        "no account yet; log in with: codex-proxy login",
    ]


async def test_why_a_request_went_where_it_went() -> None:
    gatehouse, seen = await gatehouse_with(A, B), Seen()
    passed = (PassedOver(row_id=B, reason="limited"),)
    chosen = Choice(at=NOW, pool_version=1, chosen=A, basis=Basis.HOME, passed_over={"limited": 1}, details=passed)
    nobody = Choice(at=NOW, pool_version=1, chosen=None, basis=None, passed_over={"limited": 2}, waited_seconds=1.5)
    for choice in (chosen, nobody):
        gatehouse.house.explanations.keep("req_1", Need(model="gpt-5.4"), choice)
    async with gatehouse.open() as gateway:
        await explain(scene(gateway, seen), "req_1")
        with pytest.raises(GatewayRefused, match="nothing is known of the request 'req_2'"):
            await explain(scene(gateway, seen), "req_2")
    lines = seen.text.splitlines()
    assert lines[0] == "req_1: gpt-5.4, limit codex, in no conversation"
    assert "aaaa@example.invalid" in lines[2]
    assert "bbbb@example.invalid: limited" in lines[2]
    assert "nobody" in lines[3]
    assert "1.5 s" in lines[3]


# -------------------------------------------------------------------------------------------------- in and out


@pytest.mark.parametrize("count", [2, 30])
async def test_a_17_an_import_is_told_of_while_it_runs(count: int) -> None:
    gatehouse, seen = Gatehouse(), Seen()
    async with gatehouse.open() as gateway:
        assert await import_accounts(scene(gateway, seen), file_of(count))
    assert seen.text == f"added {count}, updated 0, skipped 0, failed 0\n"
    assert len(gatehouse.house.pool) == count
    assert bool(gatehouse.jobs.jobs()) is (count > 20)


async def test_rows_that_fail_are_named_and_the_command_fails() -> None:
    gatehouse, seen = Gatehouse(), Seen()
    content = json.dumps({"accounts": [{"token": token(person(A))}, *[{"token": "no"}] * 22]}).encode()
    async with gatehouse.open() as gateway:
        wanted = Import(content=content, media_type="application/json")
        assert not await import_accounts(scene(gateway, seen), wanted)
    lines = seen.text.splitlines()
    assert lines[0].startswith("added 1")
    assert lines[1].startswith("row 2: ")
    assert len(lines) == 1 + 20 + (lines[-1] == "and 2 more")


async def test_what_cannot_be_read_is_refused() -> None:
    gatehouse, seen = Gatehouse(), Seen()
    async with gatehouse.open() as gateway:
        with pytest.raises(GatewayRefused, match="cannot be read"):
            await import_accounts(scene(gateway, seen), Import(content=b"{", media_type="application/json"))


async def test_a_preview_changes_nothing() -> None:
    gatehouse, seen = Gatehouse(), Seen()
    async with gatehouse.open() as gateway:
        assert await import_accounts(scene(gateway, seen), file_of(1, preview=True))
    assert "add" in seen.text.splitlines()[1]
    assert len(gatehouse.house.pool) == 0


async def test_whoever_leaves_asks_an_import_to_stop() -> None:
    gatehouse, seen = Gatehouse(), Seen()
    issuer = gatehouse.house.issuer
    issuer.gate.clear()
    issuer.renewals.extend([IssuerError(Refusal.UNAVAILABLE, "the issuer answered 500")] * 30)
    tokens = "\n".join(f"rt_{number:040}" for number in range(30))
    async with gatehouse.open() as gateway:
        waits = asyncio.Event()

        async def for_ever(seconds: float) -> None:
            waits.set()
            await asyncio.Event().wait()

        asked = AccountScene(gateway=gateway, console=seen.console, progress=seen.progress, sleep=for_ever)
        wanted = Import(content=tokens.encode(), media_type="text/plain")
        async with asyncio.TaskGroup() as tasks:
            importing = tasks.create_task(import_accounts(asked, wanted))
            await waits.wait()
            importing.cancel()
        issuer.gate.set()
    assert [job.state.value for job in gatehouse.jobs.jobs()] == ["cancelled"]
    assert len(issuer.sent) < 30


async def test_an_export_is_what_the_gateway_gives() -> None:
    gatehouse, seen = await gatehouse_with(A, B), Seen()
    async with gatehouse.open() as gateway:
        asked = scene(gateway, seen)
        everybody = json.loads(await export_accounts(asked, "minimal", []))
        one = json.loads(await export_accounts(asked, "full", ["bbbb@example.invalid"]))
        with pytest.raises(GatewayRefused, match="format"):
            await export_accounts(asked, "other", [])
    assert len(everybody["accounts"]) == 2
    assert [account["id"] for account in one["accounts"]] == [B]
    assert seen.text == ""


async def test_who_has_no_refresh_token_is_missing_in_an_export_of_those_and_that_is_said() -> None:
    gatehouse, seen = Gatehouse(), Seen()
    async with gatehouse.open() as gateway:
        asked = scene(gateway, seen)
        file = Import(content=token(person(A)).encode(), media_type="text/plain")
        assert await import_accounts(asked, file)
        (row_id,) = [each["id"] for each in (await gateway.ask("GET", "/auth/accounts"))["accounts"]]
        exported = json.loads(await export_accounts(asked, "minimal", []))
        await export_accounts(asked, "full", [])
    assert exported == {"accounts": []}
    assert seen.err.getvalue() == f"left out, for want of a refresh token: 1 ({row_id})\n"


@pytest.mark.parametrize(
    ("suffix", "content", "expected"),
    [
        (".json", b"x", "application/json"),
        (".YAML", b"x", "application/yaml"),
        (".jsonl", b"x", "application/jsonl"),
        (".txt", b"{", "text/plain"),
        ("", b" [1]", "application/json"),
        ("", b"rt_x", "text/plain"),
        (".backup", b"{}", "application/json"),
    ],
)
def test_what_a_file_is(suffix: str, content: bytes, expected: str) -> None:
    assert media_type_of(suffix, content) == expected


# ---------------------------------------------------------------------------------------------------- changing


async def test_accounts_are_switched_and_removed() -> None:
    gatehouse, seen = await gatehouse_with(A, B), Seen()
    async with gatehouse.open() as gateway:
        asked = scene(gateway, seen)
        await switch_accounts(asked, [A, "BBBB@example.invalid"], enabled=False)
        await switch_accounts(asked, [A], enabled=True)
        await remove_accounts(asked, [A], revoke=True)
        gatehouse.house.issuer.deaf = IssuerError(Refusal.UNREACHABLE, "no way")
        await remove_accounts(asked, [B], revoke=True)
    assert seen.text.splitlines() == [
        "disabled: 2",
        "enabled: 1",
        "removed: 1",
        "removed: 1",
        "1 refresh tokens were not revoked: the issuer could not be told",
    ]
    assert len(gatehouse.house.pool) == 0


async def test_accounts_are_refreshed_and_the_dead_make_the_command_fail() -> None:
    gatehouse, seen = await gatehouse_with(A, B), Seen()
    renewals = gatehouse.house.issuer.renewals
    renewals.append(grant(person(A)))
    renewals.append(IssuerError(Refusal.REFRESH_TOKEN_REVOKED, "it was revoked"))
    renewals.append(grant(person(A)))
    async with gatehouse.open() as gateway:
        assert not await refresh_accounts(scene(gateway, seen), [])
        assert await refresh_accounts(scene(gateway, Seen()), [A])
    _, first, second = seen.text.splitlines()
    assert "alive" in first
    assert "dead" in second
    assert "it was revoked" in second


# ------------------------------------------------------------------------------------------------------- names


ACCOUNTS: list[dict[str, Any]] = [
    {"id": A, "email": "a@example.invalid", "label": "same"},
    {"id": B, "email": "B@example.invalid", "label": "same"},
    {"id": "c" * 16, "email": None, "label": None},
]


def test_accounts_are_named_by_id_email_or_label() -> None:
    assert resolved(ACCOUNTS, [A.upper(), " b@EXAMPLE.invalid ", A]) == [A, B]


@pytest.mark.parametrize(("name", "words"), [("same", f"several accounts: {A}, {B}"), ("none", "no account none")])
def test_a_name_that_fits_none_or_several_is_refused(name: str, words: str) -> None:
    with pytest.raises(GatewayRefused, match=words):
        resolved(ACCOUNTS, [name])
