"""The simulated backend in this process."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.simulated import ACCOUNTS, scenario_of, simulated_backend, simulated_tokens
from codex_proxy.operations.accounts import accounts_of_tokens


def test_its_accounts_are_different_people() -> None:
    accounts = accounts_of_tokens(simulated_tokens())
    assert [(account.credential.account_id, account.plan) for account in accounts] == list(ACCOUNTS)


def test_a_scenario_that_cannot_be_used_refuses_the_start(tmp_path: Path) -> None:
    assert scenario_of(None) is None
    with pytest.raises(StartRefused, match="scenario"):
        scenario_of(tmp_path / "none.yaml")


async def test_a_taken_port_refuses_the_start() -> None:
    async with simulated_backend(None) as base_url:
        assert base_url.startswith("http://127.0.0.1:")
        port = int(base_url.split(":")[2].partition("/")[0])
        with pytest.raises(StartRefused, match="in use"):
            async with simulated_backend(None, port=port):
                pass
