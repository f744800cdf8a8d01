"""``codex-proxy accounts``: what each command asks the gateway for and what it shows.

Rules of this file: results go to standard output, progress to standard error; no token is printed but by an export to
standard output.  Accounts are named by id, email or label.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from codex_proxy.cli.asking import Asked, Gateway, GatewayRefused
from codex_proxy.cli.tables import accounts_table, checks_table, choices_table, preview_table

ASK_SECONDS: Final = 0.2
AT_ONCE: Final = 1000  # ids that the interface takes in one request
IDS_IN_ADDRESS: Final = 100
LINES_SHOWN: Final = 20
MINIMAL: Final = "minimal"  # refresh tokens and labels

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountScene:
    """Whom a command asks and where it shows; ``sleep`` waits seconds."""

    gateway: Gateway
    console: Console
    progress: Console
    sleep: Callable[[float], Awaitable[None]]


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """A file to import; ``media_type`` says what it is."""

    content: bytes
    media_type: str
    include_state: bool = False
    preview: bool = False


def media_type_of(suffix: str, content: bytes) -> str:
    """What a file is, by the end of its name, else by how it begins."""
    known = MEDIA_TYPES.get(suffix.lower())
    if known is not None:
        return known
    return MEDIA_TYPES[".json"] if content.lstrip()[:1] in {b"{", b"["} else MEDIA_TYPES[".txt"]


async def list_accounts(scene: AccountScene, *, fresh: bool, as_json: bool) -> None:
    """All accounts, with their limits as they are known, or ``fresh`` ones."""
    told = await scene.gateway.ask("GET", "/auth/accounts" + ("?quota=fresh" if fresh else ""))
    if as_json:
        scene.console.print(_json(told), soft_wrap=True, markup=False, highlight=False)
        return
    health = told["persistence_health"]
    if not health["ok"]:
        scene.console.print(f"accounts are not kept: {health['message']}", markup=False)
    if told["accounts"]:
        scene.console.print(accounts_table(told["accounts"]))
    else:
        scene.console.print("no account yet; log in with: codex-proxy login", markup=False)


async def import_accounts(scene: AccountScene, wanted: Import) -> bool:
    """Take accounts in; whether every row was good."""
    query = urlencode({"preview": wanted.preview, "include_state": wanted.include_state}).lower()
    headers = {"content-type": wanted.media_type, "prefer": "respond-async"}
    asked = Asked(method="POST", path=f"/auth/accounts/import?{query}", body=wanted.content, headers=headers)
    answer = await scene.gateway.send(asked)
    told = answer.told
    if wanted.preview:
        scene.console.print(preview_table(told["rows"]))
        return not told["counts"]["invalid"]
    if "job_id" in told:
        told = await _job_result(scene, told["job_id"], "importing")
    _show_import(scene.console, told)
    return told["success"] is True and not told["failed"]


async def export_accounts(scene: AccountScene, form: str, names: Sequence[str]) -> bytes:
    """The file's content; all accounts where none is named.  Says which a form of refresh tokens alone leaves out."""
    accounts = (await scene.gateway.ask("GET", "/auth/accounts"))["accounts"]
    ids = resolved(accounts, names) if names else ()
    if len(ids) > IDS_IN_ADDRESS:
        raise GatewayRefused(f"name at most {IDS_IN_ADDRESS} accounts, or none for all of them")
    query = urlencode({"format": form, **({"ids": ",".join(ids)} if ids else {})})
    content = (await scene.gateway.send(Asked(method="GET", path=f"/auth/accounts/export?{query}"))).body
    left_out = [each["id"] for each in accounts if not each["hasRefreshToken"] and (not ids or each["id"] in ids)]
    if form == MINIMAL and left_out:
        shown = ", ".join(left_out[:LINES_SHOWN]) + (", …" if len(left_out) > LINES_SHOWN else "")
        told = f"left out, for want of a refresh token: {len(left_out)} ({shown})"
        scene.progress.print(told, markup=False, highlight=False)
    return content


async def find_accounts(scene: AccountScene, names: Sequence[str]) -> list[str]:
    """The ids of accounts that are named; raises ``GatewayRefused`` where a name fits none, or several."""
    return resolved((await scene.gateway.ask("GET", "/auth/accounts"))["accounts"], names)


async def remove_accounts(scene: AccountScene, names: Sequence[str], *, revoke: bool) -> None:
    """Remove accounts with everything that names them."""
    ids, removed, kept = await find_accounts(scene, names), 0, 0
    with _bar(scene, "removing", len(ids)) as advance:
        for batch in _batches(ids):
            told = await scene.gateway.ask("POST", "/auth/accounts/batch-delete", {"ids": batch, "revoke": revoke})
            removed, kept = removed + told["deleted"], kept + len(told["notRevoked"])
            advance(len(batch))
    scene.console.print(f"removed: {removed}", markup=False)
    if kept:
        scene.console.print(f"{kept} refresh tokens were not revoked: the issuer could not be told", markup=False)


async def switch_accounts(scene: AccountScene, names: Sequence[str], *, enabled: bool) -> None:
    """Switch accounts on, out of everything that stands in their way, or off."""
    ids, status, switched = await find_accounts(scene, names), "active" if enabled else "disabled", 0
    for batch in _batches(ids):
        told = await scene.gateway.ask("POST", "/auth/accounts/batch-status", {"ids": batch, "status": status})
        switched += told["updated"]
    scene.console.print(f"{'enabled' if enabled else 'disabled'}: {switched}", markup=False)


async def refresh_accounts(scene: AccountScene, names: Sequence[str]) -> bool:
    """Renew credentials, of every enabled account where none is named; whether all of them live."""
    accounts = (await scene.gateway.ask("GET", "/auth/accounts"))["accounts"]
    ids = resolved(accounts, names) if names else _enabled(accounts)
    results = []
    with _bar(scene, "refreshing", len(ids)) as advance:
        for row_id in ids:
            results.append(await scene.gateway.ask("POST", f"/auth/accounts/{row_id}/refresh"))
            advance(1)
    scene.console.print(checks_table(results))
    return all(result["result"] != "dead" for result in results)


async def explain(scene: AccountScene, request_id: str) -> None:
    """Why a request went to the accounts it went to."""
    told = await scene.gateway.ask("GET", f"/admin/explain/{quote(request_id, safe='')}")
    conversation = "in a conversation" if told["in_conversation"] else "in no conversation"
    scene.console.print(f"{told['request_id']}: {told['model']}, limit {told['bucket']}, {conversation}", markup=False)
    scene.console.print(choices_table(told))


def resolved(accounts: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """The ids of accounts that are named by id, email or label.

    Raises:
        GatewayRefused: a name fits none, or several.
    """
    return list(dict.fromkeys(_one(accounts, name) for name in names))


def _one(accounts: Sequence[Mapping[str, Any]], name: str) -> str:
    wanted = name.strip().lower()
    fitting = [each["id"] for each in accounts if wanted in {_lower(each, key) for key in ("id", "email", "label")}]
    if len(fitting) > 1:
        raise GatewayRefused(f"{name} names several accounts: {', '.join(fitting)}")
    if not fitting:
        raise GatewayRefused(f"there is no account {name}; see: codex-proxy accounts list")
    found: str = fitting[0]
    return found


def _lower(account: Mapping[str, Any], key: str) -> str | None:
    value = account[key]
    return value.lower() if isinstance(value, str) else None


def _enabled(accounts: Sequence[Mapping[str, Any]]) -> list[str]:
    return [account["id"] for account in accounts if account["status"] != "disabled"]


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while batch := list(islice(left, AT_ONCE)):
        yield batch


async def _job_result(scene: AccountScene, job_id: str, words: str) -> Any:
    """What a job came to, its progress shown meanwhile; whoever leaves asks it to stop."""
    path = f"/admin/jobs/{job_id}"
    try:
        job = await _followed(scene, path, words)
    except asyncio.CancelledError:
        await scene.gateway.ask("DELETE", path)
        raise
    if job["result"] is None:
        raise GatewayRefused(job["error"] or f"the job was {job['state']}")
    return job["result"]


async def _followed(scene: AccountScene, path: str, words: str) -> Any:
    job = await scene.gateway.ask("GET", path)
    with _progress(scene) as progress:
        task = progress.add_task(words, total=job["progress"]["total"])
        while job["state"] == "running":
            await scene.sleep(ASK_SECONDS)
            job = await scene.gateway.ask("GET", path)
            _advance(progress, task, job["progress"])
    return job


def _advance(progress: Progress, task: TaskID, told: Mapping[str, Any]) -> None:
    progress.update(task, completed=told["done"], total=told["total"])


@contextmanager
def _bar(scene: AccountScene, words: str, total: int) -> Iterator[Callable[[int], None]]:
    with _progress(scene) as progress:
        task = progress.add_task(words, total=total)
        yield lambda count: progress.advance(task, count)


def _progress(scene: AccountScene) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=scene.progress, transient=True)


def _show_import(console: Console, told: Mapping[str, Any]) -> None:
    counts = [f"{name} {told[name]}" for name in ("added", "updated", "skipped", "failed")]
    console.print(", ".join(counts), markup=False)
    lines = [*told["errors"], *told["notes"]]
    for line in lines[:LINES_SHOWN]:
        console.print(line, markup=False)
    if len(lines) > LINES_SHOWN:
        console.print(f"and {len(lines) - LINES_SHOWN} more", markup=False)


def _json(told: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(told)).decode()
