"""Files of simulated accounts to import.

Rules of this file: access tokens are made here, as the simulated backend believes any; refresh tokens that will be
exchanged have to be the simulated issuer's own.
"""

import asyncio
import time
from pathlib import Path

import httpx
import msgspec

from codex_proxy.simulator.tokens import LIFETIME_SECONDS, Issue, access_token, person_of


async def write_file(path: Path, *, issuer: str, count: int, exchanged: int) -> None:
    """An export of so many accounts, of which ``exchanged`` come with a refresh token alone."""
    now = time.time()
    issue = Issue(issued_at=now, expires_at=now + LIFETIME_SECONDS, issuer=issuer)
    whole = [
        {
            "token": access_token(person_of(f"imported-{number}"), issue),
            "refreshToken": f"rt_imported_{number:040}",
            "label": f"imported {number}",
        }
        for number in range(count - exchanged)
    ]
    names = [f"exchanged-{number}" for number in range(exchanged)]
    alone = [{"refreshToken": each["refresh_token"]} for each in await _granted(issuer, names)]
    await asyncio.to_thread(path.write_bytes, msgspec.json.encode({"accounts": [*whole, *alone]}))


async def first_accounts(issuer: str, count: int) -> bytes:
    """The body of an import of accounts that serve before the one that is looked at."""
    granted = await _granted(issuer, [f"first-{number}" for number in range(count)])
    return msgspec.json.encode({"accounts": [{"token": each["access_token"]} for each in granted]})


async def _granted(issuer: str, names: list[str]) -> list[dict[str, str]]:
    async with httpx.AsyncClient(base_url=issuer, timeout=60) as simulator:
        told: list[dict[str, str]] = (await simulator.post("/__grant", json={"accounts": names})).json()["granted"]
    return told
