"""The demo of a day: two accounts in turn, one runs out, the other carries on, the window resets, both serve again.

Rules of this file: free ports, a throw-away data directory, no account; what it shows is what the gateway tells anybody
who lists the accounts.  Exits with 0 only if the day went so.  A machine too busy to use the window up before its end
gets a longer one.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from codex_proxy.bootstrap.control import plane  # noqa: F401 - loaded now: it takes longer than the window lasts
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.cli.tables import STYLES
from codex_proxy.operations.client_keys import ADMIN_KEY_ID

SCENARIO: Final = Path(__file__).with_name("day.yaml")
FLAGS: Final = {"server.port": 0, "auth.rotation_strategy": "round_robin"}
QUESTIONS_PER_ROUND: Final = 6
WINDOWS_SECONDS: Final = (5, 20, 80)
LONGEST_SECONDS: Final = 25.0  # after the reset
ANSWER_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.5
_COUNTS: Final = "request_count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """After one question: seconds since the start, who answered, and each account as it is listed."""

    at_seconds: float
    status: int
    answered_by: str
    accounts: Sequence[Mapping[str, Any]]

    def statuses(self) -> list[str]:
        """The accounts' states, in their order."""
        return [account["status"] for account in self.accounts]


async def run() -> None:
    """Live through the day and print it.

    Raises:
        StartRefused: it did not go as it should.
    """
    moments: list[Moment] = []
    with tempfile.TemporaryDirectory(prefix="codex-proxy-") as folder:
        for seconds in WINDOWS_SECONDS:
            moments = await _lived(scenario_in(Path(folder), seconds), seconds)
            if not is_too_slow(moments, seconds):
                break
    _print(moments)
    wrong = went_wrong(moments)
    if wrong is not None:
        raise StartRefused(wrong)


def scenario_in(folder: Path, window_seconds: int) -> Path:
    """The day's scenario with a first window of this length."""
    made = folder / f"day-{window_seconds}.yaml"
    text = SCENARIO.read_text(encoding="utf-8")
    made.write_text(text.replace("resets_in_seconds: 5", f"resets_in_seconds: {window_seconds}"), encoding="utf-8")
    return made


def is_too_slow(moments: Sequence[Moment], window_seconds: int) -> bool:
    """Whether the first questions took so long that the window may have reset before it was used up."""
    return moments[QUESTIONS_PER_ROUND - 1].at_seconds > window_seconds / 2


async def _lived(scenario: Path, window_seconds: int) -> list[Moment]:
    began_at = time.monotonic()  # the window begins when a gateway that starts first asks for the account
    async with serving(ServeOptions(flags=FLAGS, simulate=True, scenario=scenario), {}) as served:
        headers = {"authorization": f"Bearer {served.keys.kept.secret_of(ADMIN_KEY_ID) or ''}"}
        async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=ANSWER_SECONDS) as client:
            return await _day(client, began_at, window_seconds)


async def _day(client: httpx.AsyncClient, began_at: float, window_seconds: int) -> list[Moment]:
    """Questions until the account that ran out has answered again, or until it shows that this takes too long."""
    moments = [await _ask(client, began_at) for _ in range(QUESTIONS_PER_ROUND)]
    if is_too_slow(moments, window_seconds):
        return moments
    while not _is_over(moments) and time.monotonic() - began_at < window_seconds + LONGEST_SECONDS:
        await asyncio.sleep(PAUSE_SECONDS)
        moments.append(await _ask(client, began_at))
    return moments


async def _ask(client: httpx.AsyncClient, began_at: float) -> Moment:
    before = await _accounts(client)
    question = {"model": "gpt-5.4", "messages": [{"role": "user", "content": f"question at {time.monotonic()}"}]}
    reply = await client.post("/v1/chat/completions", json=question)
    after = await _accounts(client)
    served = [new for old, new in zip(before, after, strict=True) if new["usage"][_COUNTS] > old["usage"][_COUNTS]]
    return Moment(
        at_seconds=time.monotonic() - began_at,
        status=reply.status_code,
        answered_by=", ".join(account["accountId"] for account in served),
        accounts=after,
    )


async def _accounts(client: httpx.AsyncClient) -> list[Mapping[str, Any]]:
    told = (await client.get("/auth/accounts")).json()["accounts"]
    return sorted(told, key=lambda account: str(account["accountId"]))


def _is_over(moments: Sequence[Moment]) -> bool:
    """Whether the first account ran out and has answered since."""
    ran_out = [number for number, moment in enumerate(moments) if moment.statuses()[0] != "active"]
    return bool(ran_out) and any(moment.answered_by == "account-1" for moment in moments[ran_out[-1] + 1 :])


def went_wrong(moments: Sequence[Moment]) -> str | None:
    """What of the day was not as it should be."""
    refused = [moment.status for moment in moments if moment.status != httpx.codes.OK]
    if refused:
        return f"a question was answered with {refused[0]}"
    resting = [moment for moment in moments if moment.statuses()[0] != "active"]
    if not resting:
        return "account-1 did not run out"
    if any(moment.answered_by != "account-2" for moment in resting[1:]):
        return "account-1 was asked while it rested"
    return None if _is_over(moments) else "account-1 did not come back"


def _print(moments: Sequence[Moment]) -> None:
    table = Table("at", "answered by", "account-1", "account-2", title="A day of two accounts, by turns")
    for moment in moments:
        table.add_row(f"{moment.at_seconds:.1f} s", moment.answered_by, *map(_told, moment.accounts))
    Console(file=sys.stdout).print(table)


def _told(account: Mapping[str, Any]) -> Text:
    status = str(account["status"])
    window = (account["quota"] or {}).get("rate_limit")
    used = "" if window is None else f"  {window['used_percent']:g} % of {window['window']}"
    return Text.assemble((status, STYLES.get(status, "")), used)
