"""Commands find the gateway that runs, and do without one where none does."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions
from codex_proxy.cli.asking import Gateway, GatewayRefused
from codex_proxy.cli.reaching import with_gateway
from codex_proxy.settings.checks.faults import SettingsError
from tests.cli.gatehouse import Gatehouse, listening
from tests.operations.accounts.household import A

NOTHING: Mapping[str, str] = {}


def options(data_dir: Path) -> ServeOptions:
    return ServeOptions(flags={}, data_dir=data_dir)


def has_store(data_dir: Path) -> bool:
    return (data_dir / "codex-proxy.sqlite").exists()


async def test_the_gateway_that_runs_is_asked(tmp_path: Path) -> None:
    gatehouse = Gatehouse()
    await gatehouse.house.add(A)

    async def count(gateway: Gateway) -> bool:
        return len((await gateway.ask("GET", "/auth/accounts"))["accounts"]) == 1

    with listening(gatehouse, tmp_path):
        assert await with_gateway(options(tmp_path), NOTHING, count)
    assert not has_store(tmp_path), "none was opened here"


async def test_without_one_the_accounts_are_opened_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def health(gateway: Gateway) -> bool:
        assert (await gateway.ask("GET", "/health/details"))["status"] == "ok"
        return True

    for _ in range(2):
        assert await with_gateway(options(tmp_path), NOTHING, health)
    told = capsys.readouterr()
    assert told.err.count("inference key, shown only now: cp-") == 1, "nobody shows the keys again"
    assert told.out == ""
    assert has_store(tmp_path)


async def test_a_refusal_comes_out_as_it_is(tmp_path: Path) -> None:
    async def nowhere(gateway: Gateway) -> bool:
        await gateway.ask("GET", "/admin/nothing")
        return True

    with pytest.raises(GatewayRefused):
        await with_gateway(options(tmp_path), NOTHING, nowhere)


async def test_what_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    async def never(gateway: Gateway) -> bool:
        raise AssertionError

    (tmp_path / "local.yaml").write_text("server: [")
    with pytest.raises(SettingsError):
        await with_gateway(options(tmp_path), NOTHING, never)
    with pytest.raises(StartRefused):
        await with_gateway(options(tmp_path / "local.yaml" / "data"), NOTHING, never)
