"""``codex-proxy login``: by browser, by device code, by the pasted address of a login's last page, or the Codex CLI's.

Rules of this file: the address to open is printed and written nowhere else; no token is ever printed.  Whoever sits at
another machine pastes the last address of the browser, here or into ``login --paste``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from rich.console import Console

from codex_proxy.cli.accounts import resolved
from codex_proxy.cli.asking import Gateway, GatewayRefused

ASK_SECONDS: Final = 1.0
PASTE_PROMPT: Final = "If the browser cannot reach this machine, paste the address of its last page here:"
OPEN_PROMPT: Final = "Open this address in a browser and log in:"

Lines: TypeAlias = AsyncIterator[str]
"""What the owner types, line by line; ends where nobody can type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginScene:
    """Whom a login asks and what it works with; ``lines`` are typed by the owner, ``sleep`` waits seconds.

    ``again`` names the account that logs in again, by whose way out a login by browser or device code then leaves.
    """

    gateway: Gateway
    console: Console
    lines: Lines
    sleep: Callable[[float], Awaitable[None]]
    again: str | None = None


async def log_in(scene: LoginScene) -> None:
    """Log in by browser; raises ``GatewayRefused``."""
    row_id = await _again(scene)
    begun = await scene.gateway.ask("POST", "/auth/login-start", _wanted(row_id))
    if begun["notice"]:
        scene.console.print(begun["notice"], markup=False)
    scene.console.print(OPEN_PROMPT, markup=False)
    scene.console.print(begun["authUrl"], soft_wrap=True, markup=False, highlight=False)
    scene.console.print(PASTE_PROMPT, markup=False)
    account = await _first(_awaited(scene, begun["state"]), _pasted(scene))
    _welcome(scene.console, account)
    _tell_another(scene, account, row_id)


async def log_in_by_paste(scene: LoginScene, address: str) -> None:
    """Finish a login by the last address of its browser; raises ``GatewayRefused``."""
    _welcome(scene.console, await _relayed(scene, address))


async def log_in_by_device(scene: LoginScene) -> None:
    """Log in by device code; raises ``GatewayRefused``."""
    row_id = await _again(scene)
    begun = await scene.gateway.ask("POST", "/auth/device-login", _wanted(row_id))
    scene.console.print(f"Open {begun['verificationUri']} and enter the code {begun['userCode']}", markup=False)
    path, wait_seconds, trouble = f"/auth/device-poll/{begun['deviceCode']}", begun["interval"], None
    while True:
        await scene.sleep(wait_seconds)
        told = await scene.gateway.ask("POST", path)
        if not told.get("pending"):
            break
        wait_seconds = told["interval"]
        if told["trouble"] not in {None, trouble}:
            scene.console.print(told["trouble"], markup=False)
        trouble = told["trouble"]
    _welcome(scene.console, told["account"])
    _tell_another(scene, told["account"], row_id)


async def take_over_cli_login(scene: LoginScene, *, follow: bool) -> None:
    """Use the Codex CLI's login: a copy of its access token, or what its file says from now on.

    Raises:
        GatewayRefused: the file is not there, or holds no login that can be used.
    """
    mode = "follow" if follow else "copy"
    told = await scene.gateway.ask("POST", "/auth/import-cli", {"mode": mode})
    if told["notice"]:
        scene.console.print(told["notice"], markup=False)
    _welcome(scene.console, told["account"])


async def _again(scene: LoginScene) -> str | None:
    """The id of the account that logs in again; raises ``GatewayRefused`` where its name fits none, or several."""
    if scene.again is None:
        return None
    (row_id,) = resolved((await scene.gateway.ask("GET", "/auth/accounts"))["accounts"], [scene.again])
    return row_id


def _wanted(row_id: str | None) -> dict[str, str] | None:
    return None if row_id is None else {"accountId": row_id}


async def _awaited(scene: LoginScene, state: str) -> Any:
    """The account, once the issuer's redirect has arrived."""
    while True:
        told = await scene.gateway.ask("POST", "/auth/login-status", {"state": state})
        if told["status"] == "done":
            return told["account"]
        if told["status"] == "failed":
            raise GatewayRefused(told["error"], code=told["code"])
        await scene.sleep(ASK_SECONDS)


async def _pasted(scene: LoginScene) -> Any:
    """The account of the first address that is pasted and is one; never, where nobody can type."""
    async for line in scene.lines:
        account = await _tried(scene, line) if line.strip() else None
        if account is not None:
            return account
    return await asyncio.Event().wait()


async def _tried(scene: LoginScene, line: str) -> Any:
    """The account that a pasted line logs in; None where it is no address of a login's end."""
    try:
        return await _relayed(scene, line)
    except GatewayRefused as error:
        if error.code != "invalid_callback":
            raise
        scene.console.print(str(error), markup=False)
        return None


async def _relayed(scene: LoginScene, address: str) -> Any:
    return (await scene.gateway.ask("POST", "/auth/code-relay", {"callbackUrl": address.strip()}))["account"]


async def _first(*ways: Coroutine[Any, Any, Any]) -> Any:
    """What comes first; the others are given up."""
    tasks = [asyncio.get_running_loop().create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _welcome(console: Console, account: Any) -> None:
    name = account["email"] or account["accountId"] or account["id"]
    plan = f" ({account['planType']})" if account["planType"] else ""
    console.print(f"logged in: {name}{plan}", markup=False)


def _tell_another(scene: LoginScene, account: Any, row_id: str | None) -> None:
    """The browser decides who logs in; that may be somebody else."""
    if row_id not in {None, account["id"]}:
        scene.console.print(f"that is another account; {scene.again} is as it was", markup=False)
