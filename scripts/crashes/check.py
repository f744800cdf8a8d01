"""Kills a gateway's account keeping again and again at random moments, and looks at what is left.

    python -m scripts.crashes.check --rounds 200 --accounts 8

Each round starts a process on the same data directory that logs accounts in, so that so many live, and renews all of
them all the time; it is killed with SIGKILL after a random number of accounts that it kept or renewed, or while it
starts.  After each: the store opens, every account whose place was confirmed is there, and no refresh token was sent
more than once, but for the one retry after a kill between sending and keeping; the simulated issuer answers that retry
with success or ``refresh_token_reused`` at random.  At the end one more process runs until all is quiet: each account
serves on, or says plainly that it needs a login.  Exit code 1: something was lost.

The processes are forked from one that has loaded the program and done nothing, for loading it takes longer than
everything that can go wrong.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import random
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import httpx

from codex_proxy.accounts.record import AccountRecord, Death
from codex_proxy.bootstrap.accounts.services import new_row_id
from codex_proxy.bootstrap.simulated import simulated_backend, simulated_urls
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.storage.opening import DATABASE_FILE, open_stores
from codex_proxy.storage.sealing.sources import KeyFile
from scripts.crashes.victim import Granted, run

SCENARIO = "issuer: {access_token_seconds: 2, spent_tokens: at_random, faults: [{answer_after_ms: 20}]}"
CALM = "issuer: {access_token_seconds: 86400, spent_tokens: at_random}"
MOST_SENDINGS = 2
EARLY_SHARE = 0.15  # of the kills: while the process starts, the others after a number of things it did
MOST_DEEDS = 25  # accounts that it kept or renewed
PATIENCE_SECONDS = 30
EARLY_SECONDS = 0.5
LATE_SECONDS = 0.03  # about as long as one exchange takes
SETTLING_LOOKS = 240
LASTING_SECONDS = 3600  # longer than any token lives while there are kills
SETTLING_SECONDS = 0.5
VICTIM = "scripts.crashes.victim"
TRUSTED = ssl.create_default_context()  # never needed, but every client reads the system's that is not given one


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was seen over all rounds; ``kills`` are epoch seconds."""

    kept: set[str] = field(default_factory=set)
    living: int = 0
    faults: list[str] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)
    alive: int = 0
    sent_once: int = 0
    sent_twice: int = 0


_Arguments: TypeAlias = tuple[str, str, list[Granted]]
"""Data directory, the simulated backend's base URL, the accounts to log in."""


class Check(Protocol):
    """Kills so often, while so many accounts live."""

    def __call__(self, *, rounds: int, accounts: int, seed: int) -> Coroutine[Any, Any, Findings]: ...


async def check(*, rounds: int, accounts: int, seed: int) -> Findings:
    """Kill so often, while so many accounts live."""
    chance, found = random.Random(seed), Findings()  # noqa: S311 - chooses moments, keeps no secret
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        async with simulated_backend(parse_scenario(SCENARIO), seed=seed) as base_url:
            for _ in range(rounds):
                granted = await _granted(base_url, max(0, accounts - found.living))
                await _kill_one(found, (str(data_dir), base_url, granted), chance)
                await _look(found, data_dir)
            await _let_settle(found, data_dir, base_url)
            await _judge_sendings(found, base_url)
            await _judge_accounts(found, data_dir)
    if not found.kept or not found.sent_once:
        found.faults.append("nothing was kept or renewed: every kill came too early to prove anything")
    return found


async def _granted(base_url: str, count: int) -> list[Granted]:
    """So many accounts nobody has heard of."""
    names = [f"account-{new_row_id()}" for _ in range(count)]
    async with httpx.AsyncClient(base_url=simulated_urls(base_url).issuer, verify=TRUSTED, timeout=60) as simulator:
        told = (await simulator.post("/__grant", json={"accounts": names})).json()["granted"]
    return [(each["account"], each["access_token"], each["refresh_token"]) for each in told]


async def _kill_one(found: Findings, arguments: _Arguments, chance: random.Random) -> None:
    victim = _Victim(found, arguments)
    if chance.random() < EARLY_SHARE:
        await asyncio.sleep(chance.uniform(0, EARLY_SECONDS))
    else:
        await victim.done(chance.randrange(MOST_DEEDS))
        await asyncio.sleep(chance.uniform(0, LATE_SECONDS))
    found.kills.append(time.time())
    await victim.end()


class _Victim:
    """A process at work."""

    def __init__(self, found: Findings, arguments: _Arguments) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([VICTIM])
        ours, its = context.Pipe(duplex=False)
        self._deeds = asyncio.Semaphore(0)
        self._process = context.Process(target=run, args=(its, *arguments))
        self._process.start()
        its.close()
        self._found = found
        self._reading = asyncio.ensure_future(self._read(os.dup(ours.fileno())))
        ours.close()

    async def done(self, count: int) -> None:
        """Wait until it did so many things, or ended, or has nobody left to do anything for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                for _ in range(count):
                    await self._deeds.acquire()

    async def end(self) -> None:
        """Kill it, and hear out what it said."""
        self._process.kill()
        await self._reading
        await asyncio.to_thread(self._process.join)
        self._process.close()

    async def _read(self, descriptor: int) -> None:
        reader = asyncio.StreamReader()
        loop, pipe = asyncio.get_running_loop(), os.fdopen(descriptor, "rb")
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        while raw := await reader.readline():
            word, _, told = raw.decode().strip().partition(" ")
            if word == "kept":
                self._found.kept.add(told)
            elif word == "trouble":
                self._found.faults.append(f"trouble: {told}")
            if word in {"kept", "renewed"}:
                self._deeds.release()
        transport.close()
        for _ in range(MOST_DEEDS):
            self._deeds.release()


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
    found.living = sum(record.death is None for record in records)
    for name in sorted(found.kept - there):
        found.faults.append(f"after kill {len(found.kills)}: account {name} was kept and is lost")


async def _let_settle(found: Findings, data_dir: Path, base_url: str) -> None:
    """One more process, until every account was renewed or needs a login."""
    async with httpx.AsyncClient(base_url=simulated_urls(base_url).issuer, verify=TRUSTED, timeout=60) as simulator:
        (await simulator.put("/__scenario", content=CALM)).raise_for_status()
    victim = _Victim(found, (str(data_dir), base_url, []))
    for _ in range(SETTLING_LOOKS):
        await asyncio.sleep(SETTLING_SECONDS)
        if await _is_settled(data_dir):
            break
    found.kills.append(time.time())
    await victim.end()


async def _is_settled(data_dir: Path) -> bool:
    records, now = await _records(data_dir), time.time()
    if isinstance(records, str):
        return True
    return all(record.death is not None or (record.expires_at or 0.0) > now + LASTING_SECONDS for record in records)


async def _judge_sendings(found: Findings, base_url: str) -> None:
    async with httpx.AsyncClient(base_url=simulated_urls(base_url).issuer, verify=TRUSTED, timeout=60) as simulator:
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
    parser.add_argument("--accounts", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    found = asyncio.run(
        (work or check)(
            rounds=chosen.rounds,
            accounts=chosen.accounts,
            seed=chosen.seed,
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
