"""The simulated backend as a server in this process, and accounts for it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.server.listeners import CannotListen, Listener, PortInUse, bind_loopback
from codex_proxy.simulator.app import PREFIX, SimulatedBackend
from codex_proxy.simulator.scenario import Scenario, ScenarioError, load_scenario
from codex_proxy.simulator.tokens import LIFETIME_SECONDS, make_token

if TYPE_CHECKING:
    from codex_proxy.server.asgi import Application

ACCOUNTS: Final = (("account-1", "plus"), ("account-2", "pro"))
"""Ids and plans of the accounts that a simulated run logs in."""


def simulated_tokens() -> list[str]:
    """An access token for each simulated account."""
    expires_at = time.time() + LIFETIME_SECONDS
    return [
        make_token(account_id=account_id, plan=plan, email=f"{account_id}@example.invalid", expires_at=expires_at)
        for account_id, plan in ACCOUNTS
    ]


def scenario_of(path: Path | None) -> Scenario | None:
    """The scenario in a file.

    Raises:
        StartRefused: it cannot be read.
    """
    if path is None:
        return None
    try:
        return load_scenario(path)
    except ScenarioError as error:
        raise StartRefused(f"the scenario cannot be used: {error}") from error


@asynccontextmanager
async def simulated_backend(scenario: Scenario | None, *, port: int = 0, seed: int = 0) -> AsyncIterator[str]:
    """The backend on loopback while the block runs; yields its base URL.

    Raises:
        StartRefused: the port cannot be had.
    """
    backend = SimulatedBackend(now=time.time, scenario=scenario, seed=seed)
    try:
        listener = Listener(cast("Application", backend), bind_loopback(port))
        await listener.start()
    except (PortInUse, CannotListen) as error:
        raise StartRefused(str(error)) from error
    try:
        yield f"http://127.0.0.1:{listener.addresses[0][1]}{PREFIX}"
    finally:
        await listener.stop()
