"""Kills a gateway's account keeping again and again at random moments, and looks at what is left.

    python -m scripts.crashes.check --rounds 200 --accounts 50

Each round starts a process on the same data directory that logs accounts in and renews them all the time, and kills it
with SIGKILL at a random moment.  After each: the store opens, every account whose place was confirmed is there, and no
refresh token was sent more than once, but for the one retry after a kill between sending and keeping; the simulated
issuer answers that retry with success or ``refresh_token_reused`` at random.  At the end one more process runs until
all is quiet: each account serves on, or says plainly that it needs a login.  Exit code 1: something was lost.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from codex_proxy.accounts.record import AccountRecord, Death
from codex_proxy.bootstrap.simulated import simulated_backend, simulated_urls
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.storage.opening import DATABASE_FILE, open_stores
from codex_proxy.storage.sealing.sources import KeyFile

SCENARIO = "issuer: {access_token_seconds: 2, spent_tokens: at_random, faults: [{answer_after_ms: 20}]}"
CALM = "issuer: {access_token_seconds: 86400, spent_tokens: at_random}"
MOST_SENDINGS = 2
EARLY_SHARE = 0.15  # of the kills: while the process starts, the others once it works
SETTLING_SECONDS = 120  # a token that may be spent is tried again after a minute


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was seen over all rounds; ``kills`` are epoch seconds."""

    kept: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)
    alive: int = 0
    sent_once: int = 0
    sent_twice: int = 0


class Check(Protocol):
    """Kills so often, while so many accounts in all are logged in."""

    def __call__(
        self, *, rounds: int, accounts: int, seed: int, longest_seconds: float
    ) -> Coroutine[Any, Any, Findings]: ...


async def check(*, rounds: int, accounts: int, seed: int, longest_seconds: float) -> Findings:
    """Kill so often, while so many accounts in all are logged in."""
    chance, found = random.Random(seed), Findings()  # noqa: S311 - chooses moments, keeps no secret
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        async with simulated_backend(parse_scenario(SCENARIO), seed=seed) as base_url:
            for _ in range(rounds):
                wanted = max(0, accounts - len(found.kept))
                seconds = chance.uniform(0, longest_seconds)
                early = chance.random() < EARLY_SHARE
                await _kill_one(found, [str(data_dir), base_url, str(wanted)], seconds, early=early)
                await _look(found, data_dir)
            await _let_settle(found, data_dir, base_url)
            await _judge_sendings(found, base_url)
            await _judge_accounts(found, data_dir)
    if not found.kept or not found.sent_once:
        found.faults.append("nothing was kept or renewed: every kill came too early to prove anything")
    return found


async def _kill_one(found: Findings, arguments: Sequence[str], seconds: float, *, early: bool) -> None:
    victim, ready = await _start(arguments), asyncio.Event()
    reading = asyncio.ensure_future(_read(found, victim, ready))
    if not early:
        await ready.wait()
    await asyncio.sleep(seconds)
    found.kills.append(time.time())
    victim.kill()
    await victim.wait()
    await reading


async def _start(arguments: Sequence[str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scripts.crashes.victim",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
    )


async def _read(found: Findings, victim: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
    while victim.stdout is not None and (raw := await victim.stdout.readline()):
        word, _, told = raw.decode().strip().partition(" ")
        if word == "kept":
            found.kept.add(told)
        elif word == "trouble":
            found.faults.append(f"trouble: {told}")
        elif word == "ready":
            ready.set()
    ready.set()  # it ended


async def _records(data_dir: Path) -> list[AccountRecord] | str:
    if not (data_dir / DATABASE_FILE).exists():
        return []
    stores = await open_stores(data_dir / DATABASE_FILE, keys=KeyFile(data_dir), now=time.time())
    try:
        if not stores.health.ok:
            return stores.health.message or "the store is not usable"
        return list((await stores.accounts.load()).changed)
    finally:
        await stores.close()


async def _look(found: Findings, data_dir: Path) -> None:
    """The store opens, and who was told to be kept is there."""
    records = await _records(data_dir)
    if isinstance(records, str):
        found.faults.append(f"after kill {len(found.kills)}: {records}")
        return
    there = {record.identity.account_id for record in records}
    for name in sorted(found.kept - there):
        found.faults.append(f"after kill {len(found.kills)}: account {name} was kept and is lost")


async def _let_settle(found: Findings, data_dir: Path, base_url: str) -> None:
    """One more process, until every account was renewed or needs a login."""
    async with httpx.AsyncClient(base_url=simulated_urls(base_url).issuer) as simulator:
        (await simulator.put("/__scenario", content=CALM)).raise_for_status()
    victim = await _start([str(data_dir), base_url, "0"])
    reading = asyncio.ensure_future(_read(found, victim, asyncio.Event()))
    for _ in range(SETTLING_SECONDS):
        await asyncio.sleep(1)
        if await _is_settled(data_dir):
            break
    victim.terminate()
    await victim.wait()
    await reading


async def _is_settled(data_dir: Path) -> bool:
    records, now = await _records(data_dir), time.time()
    if isinstance(records, str):
        return True
    return all(record.death is not None or (record.expires_at or 0.0) > now for record in records)


async def _judge_sendings(found: Findings, base_url: str) -> None:
    async with httpx.AsyncClient(base_url=simulated_urls(base_url).issuer) as simulator:
        tokens = (await simulator.get("/__tokens")).json()["refresh_tokens"]
    for token in tokens:
        times = [sending["at"] for sending in token["sendings"]]
        if len(times) > MOST_SENDINGS:
            found.faults.append(f"a refresh token was sent {len(times)} times")
        elif len(times) == MOST_SENDINGS:
            found.sent_twice += 1
            if not any(times[0] <= kill <= times[1] for kill in found.kills):
                found.faults.append("a refresh token was sent twice by one process")
        else:
            found.sent_once += len(times)


async def _judge_accounts(found: Findings, data_dir: Path) -> None:
    records = await _records(data_dir)
    if isinstance(records, str):
        return
    now, found.alive = time.time(), 0
    for record in records:
        if record.death is not None:
            found.deaths[record.death.value] += 1
            if record.death is not Death.UNKNOWN_AFTER_CRASH:
                found.faults.append(f"account {record.row_id} died of {record.death.value}")
        elif (record.expires_at or 0.0) > now:
            found.alive += 1
        else:
            found.faults.append(f"account {record.row_id} neither serves nor says why")


def main(arguments: Sequence[str] | None = None, *, work: Check | None = None) -> int:
    """The command; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--longest-seconds", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    found = asyncio.run(
        (work or check)(
            rounds=chosen.rounds,
            accounts=chosen.accounts,
            seed=chosen.seed,
            longest_seconds=chosen.longest_seconds,
        )
    )
    sys.stdout.write(
        f"kills {len(found.kills)}, accounts kept {len(found.kept)}, serving at the end {found.alive}, "
        f"needing a login {dict(found.deaths)}\n"
        f"refresh tokens sent once {found.sent_once}, twice (across a kill) {found.sent_twice}\n"
    )
    for fault in found.faults:
        sys.stdout.write(f"FAULT {fault}\n")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
