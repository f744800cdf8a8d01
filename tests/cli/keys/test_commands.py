"""The commands with their arguments, against a gateway on a socket and without one."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from codex_proxy.cli.app import app
from tests.cli.gatehouse import listening
from tests.cli.keys.house import House


def run(data_dir: Path, *arguments: str) -> Result:
    command = ["keys", *arguments[:1], *arguments[1:], "--data-dir", str(data_dir)]
    return CliRunner().invoke(app, command, env={"COLUMNS": "400"})


def lines(data_dir: Path, *arguments: str) -> list[str]:
    """What it shows where all is well."""
    result = run(data_dir, *arguments)
    assert (result.exit_code, result.exception) == (0, None), result.output
    return result.stdout.splitlines()


def test_a_running_gateway_makes_lists_and_revokes(tmp_path: Path) -> None:
    house = House(tmp_path / "house")
    with listening(house, tmp_path):
        terms = ("--scope", "chat", "-m", "gpt-5*", "--days", "2", "--rpm", "3", "--tpm", "4", "--concurrency", "5")
        made = lines(tmp_path, "create", "one", *terms, "--budget", "month=2usd", "--budget", "day=9tokens")
        (key,) = house.desk.ring
        assert house.desk.ring.find(made[-1]) == key
        assert (key.name, key.scopes, key.models) == ("one", frozenset({"chat"}), ("gpt-5*",))
        assert (key.limits.requests_per_minute, key.limits.tokens_per_minute, key.limits.concurrency) == (3, 4, 5)
        assert key.expires_at is not None
        assert len(key.budgets) == 2
        assert lines(tmp_path, "disable", "one") == ["disabled: 1"]
        assert "disabled" in lines(tmp_path, "list")[1]
        assert lines(tmp_path, "enable", "one") == ["enabled: 1"]
        assert lines(tmp_path, "rotate", "one")[-1] != made[-1]
        assert lines(tmp_path, "revoke", "one") == ["revoked: 1"]
        assert len(house.desk.ring) == 0
        assert "PERIOD=AMOUNT" in str(run(tmp_path, "create", "x", "--budget", "nonsense").exception)
        assert "too many" in str(run(tmp_path, "create", "x", "--days", "1e300").exception)


def test_without_a_gateway_the_store_is_opened(tmp_path: Path) -> None:
    made = json.loads("\n".join(lines(tmp_path, "create", "one", "--json")))
    assert made["key"].startswith("sk-proxy-")
    told = json.loads("\n".join(lines(tmp_path, "list", "--json")))
    assert [(key["id"], key["name"]) for key in told["keys"]] == [(made["id"], "one")]
