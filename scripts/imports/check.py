"""Takes thousands of accounts into a gateway that is at work, and looks at what its clients see of that.

    python -m scripts.imports.check --accounts 5000

Three programs run: the simulated backend, a gateway over it with a data directory, and ``codex-proxy accounts import``
on a terminal.  Meanwhile paced streams flow and ``/health`` is asked every 50 ms.  The same streams run before without
an import, for comparison; afterwards the new accounts are asked one after the other.  Exit code 1: a stream broke off,
``/health`` failed, the bar stood still, or an account is missing or does not serve.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec

from codex_proxy.bootstrap.simulated import simulated_urls
from scripts.imports.clients import LONG_SECONDS, Health, Streams, ask, health_asked, streaming
from scripts.imports.files import first_accounts, write_file
from scripts.imports.processes import KEY, gateway_environ, on_terminal, started

GAP_MS = 20
FIRST_ACCOUNTS = 3  # more slots than streams
ASKED_AT_ONCE = 4
MOST_ASKED = 500
FEWEST_STEPS = 3
QUICK = "answer at once"

_STEP = re.compile(r"(\d+)/\d+")
_INVISIBLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much of everything.

    ``exchanged`` of the ``accounts`` come with a refresh token alone, which the issuer exchanges in ``exchange_ms``; a
    stream has so many ``words``, one each 20 ms; ``asked`` is how many requests go to the accounts at the end.
    """

    accounts: int = 5000
    exchanged: int = 0
    exchange_ms: int = 20
    streams: int = 20
    words: int = 200
    calm_seconds: float = 10.0
    asked: int = 300


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was seen; ``steps`` are the values of the bar with the time of each, ``seconds`` the whole command's."""

    calm: Streams = field(default_factory=Streams)
    busy: Streams = field(default_factory=Streams)
    health: Health = field(default_factory=Health)
    steps: list[tuple[float, int]] = field(default_factory=list)
    shown: str = ""
    seconds: float = 0.0
    states: dict[str, int] = field(default_factory=dict)
    served: int = 0
    faults: list[str] = field(default_factory=list)

    def show(self, text: str) -> None:
        """The terminal shows this too."""
        plain = _INVISIBLE.sub("", text)
        self.shown += plain
        for value in map(int, _STEP.findall(plain)):
            if not self.steps or self.steps[-1][1] != value:
                self.steps.append((time.perf_counter(), value))

    @property
    def step_count(self) -> int:
        """How many different values the bar showed."""
        return len({value for _, value in self.steps})

    @property
    def import_seconds(self) -> float:
        """From the bar's first value to its last."""
        return self.steps[-1][0] - self.steps[0][0] if self.steps else 0.0

    @property
    def health_between(self) -> int:
        """How often ``/health`` answered between the bar's first value and its last."""
        if not self.steps:
            return 0
        return sum(self.steps[0][0] < at < self.steps[-1][0] for at in self.health.answered_at)


class Check(Protocol):
    """Takes accounts in and looks."""

    def __call__(self, wanted: Wanted) -> Coroutine[Any, Any, Findings]: ...


async def check(wanted: Wanted) -> Findings:
    """Take accounts in and look."""
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="imports-") as name:
        folder = Path(name)
        scenario = folder / "scenario.json"  # which is YAML too
        scenario.write_bytes(_scenario(wanted))
        async with started("simulate", "--scenario", str(scenario), environ={"HOME": name}) as base_url:
            await _with_gateway(found, wanted, base_url, folder)
    _judge(found, wanted)
    return found


def _scenario(wanted: Wanted) -> bytes:
    words = " ".join(["word"] * wanted.words)
    rules = [
        {"when": {"contains": QUICK}, "steps": [{"text": "done"}]},
        {"gap_ms": GAP_MS, "steps": [{"text": words}]},
    ]
    return msgspec.json.encode({"rules": rules, "issuer": {"faults": [{"answer_after_ms": wanted.exchange_ms}]}})


async def _with_gateway(found: Findings, wanted: Wanted, base_url: str, folder: Path) -> None:
    issuer, environ = simulated_urls(base_url).issuer, gateway_environ(base_url, folder)
    accounts, data_dir = folder / "accounts.json", ("--data-dir", str(folder / "data"))
    await write_file(accounts, issuer=issuer, count=wanted.accounts, exchanged=wanted.exchanged)
    async with (
        started("serve", "--port", "0", *data_dir, environ=environ) as url,
        httpx.AsyncClient(base_url=url, timeout=60, headers={"authorization": f"Bearer {KEY}"}) as owner,
    ):
        first = await first_accounts(issuer, FIRST_ACCOUNTS)
        json = {"content-type": "application/json"}
        (await owner.post("/auth/accounts/import", content=first, headers=json)).raise_for_status()
        if wanted.calm_seconds:
            async with streaming(url, count=wanted.streams) as found.calm:
                await asyncio.sleep(wanted.calm_seconds)
        async with streaming(url, count=wanted.streams) as found.busy, health_asked(url) as found.health:
            began = time.perf_counter()
            code = await on_terminal("accounts", "import", str(accounts), *data_dir, environ=environ, read=found.show)
            found.seconds = time.perf_counter() - began
        if code:
            found.faults.append(f"the command ended with {code}: {found.shown[-200:]}")
        found.states = (await owner.get("/health/details")).json()["accounts"]
        found.served = await _ask_all(url, issuer, min(wanted.asked, MOST_ASKED))


async def _ask_all(url: str, issuer: str, count: int) -> int:
    """Ask so often; how many accounts answered."""
    seen, left = Streams(), iter(range(count))

    async def some() -> None:
        for number in left:
            await ask(url, f"{QUICK}, {number}", seen)

    async with httpx.AsyncClient(base_url=issuer, timeout=60) as simulator:
        await simulator.post("/__journal/clear")
        async with asyncio.TaskGroup() as group:
            for _ in range(ASKED_AT_ONCE):
                group.create_task(some())
        entries = (await simulator.get("/__journal")).json()["entries"]
    answered = [entry for entry in entries if entry["endpoint"] == "/codex/responses" and entry["status"] == 200]
    return len({entry["account"] for entry in answered}) if seen.whole == count else 0


def _judge(found: Findings, wanted: Wanted) -> None:
    total, asked = wanted.accounts + FIRST_ACCOUNTS, min(wanted.asked, MOST_ASKED)
    found.faults += [f"a stream broke off: {told}" for told in (*found.calm.broken, *found.busy.broken)]
    found.faults += [f"/health said {told}" for told in found.health.refused]
    if found.states != {"active": total}:
        found.faults.append(f"of {total} accounts there are {found.states}")
    if found.served != min(asked, total):
        found.faults.append(f"{asked} requests were answered by {found.served} accounts")
    if found.step_count < FEWEST_STEPS:
        found.faults.append(f"the bar showed {[value for _, value in found.steps]} and nothing else")
    if not found.health_between:
        found.faults.append("/health did not answer while the bar moved")


def main(arguments: Sequence[str] | None = None, *, work: Check | None = None) -> int:
    """The command; see the module."""
    parser, usual = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]), Wanted()
    parser.add_argument("--accounts", type=int, default=usual.accounts)
    parser.add_argument(
        "--exchanged", type=int, default=usual.exchanged, help="of them come with a refresh token alone"
    )
    parser.add_argument("--streams", type=int, default=usual.streams)
    chosen = parser.parse_args(arguments)
    wanted = Wanted(accounts=chosen.accounts, exchanged=chosen.exchanged, streams=chosen.streams)
    found = asyncio.run((work or check)(wanted))
    sys.stdout.write("\n".join([*_lines(found, wanted), *(f"FAULT {fault}" for fault in found.faults), ""]))
    return 1 if found.faults else 0


def _lines(found: Findings, wanted: Wanted) -> list[str]:
    rate = wanted.accounts / found.import_seconds if found.import_seconds else 0.0
    slowest = max(found.health.seconds, default=0.0)
    taken = f"accounts {wanted.accounts} in {found.import_seconds:.1f} s, {rate:.0f} per second"
    asked = f"/health: asked {len(found.health.seconds)} times, {found.health_between} of them while the bar moved"
    return [
        f"{taken} (the whole command {found.seconds:.1f} s); values of the bar {found.step_count}",
        _line("streams without the import", found.calm),
        _line("streams with it", found.busy),
        f"{asked}, slowest answer {1000 * slowest:.0f} ms",
        f"accounts afterwards {found.states}, requests answered by {found.served} different ones",
    ]


def _line(words: str, seen: Streams) -> str:
    largest, most = 1000 * seen.longest, 1000 * seen.within(0.99)
    return (
        f"{words}: whole {seen.whole}, gaps {len(seen.gap_seconds)}, largest {largest:.0f} ms, 99 % within "
        f"{most:.0f} ms, longer than {1000 * LONG_SECONDS:.0f} ms {seen.long_count}"
    )


if __name__ == "__main__":
    sys.exit(main())
