"""Settings of a gateway that runs: changed through the API, by command, and by hand in the file, badly and well."""

import asyncio
import io
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.cli.asking import GatewayRefused
from codex_proxy.cli.settings.reaching import settings_reached
from codex_proxy.cli.settings.work import set_setting
from tests.scenarios.stage import KEY, Stage, stage

SETTINGS = "/admin/settings"
STATUS = "/admin/config-status"
OWNERS = """\
# my gateway
model:
  aliases:
    small: gpt-5.4-mini   # cheap
auth:
  queue_limit: 60  # enough
"""


async def asked_model(play: Stage, name: str) -> Any:
    """The model that a question for this name comes to, None where there is none."""
    if (await play.chat(model=name)).status_code != 200:
        return None
    return (await play.asked())[-1]["body"]["model"]


async def until(play: Stage, *, is_ok: bool) -> dict[str, Any]:
    """The state of the file once the gateway looked at it."""
    while True:
        told: dict[str, Any] = (await play.client.get(STATUS)).json()
        if told["ok"] is is_ok:
            return told
        await asyncio.sleep(0.05)


async def test_a_change_through_the_api_is_live_in_the_next_request_and_kept_with_comments(tmp_path: Path) -> None:
    file = tmp_path / "local.yaml"
    file.write_text(OWNERS)
    async with stage(tmp_path) as play:
        assert [await asked_model(play, name) for name in ("small", "mine")] == ["gpt-5.4-mini", None]
        aliases = {"small": "gpt-5.4-mini", "mine": "gpt-5.5"}
        reply = await play.client.post("/admin/general-settings", json={"model_aliases": aliases, "port": 9000})
        assert (reply.status_code, reply.json()["model_aliases"]) == (200, aliases)
        assert await asked_model(play, "mine") == "gpt-5.5"
        assert reply.json()["overridden"] == {"port": "flag --port"}
        changed = await play.client.post(SETTINGS, json={"values": {"server.host": "::1"}})
        assert changed.json()["restart_required"] == ["server.host"]
        assert (await play.client.get(STATUS)).json()["pending_restart"] == ["server.host"]
        assert (await play.chat()).status_code == 200  # where it listens since the start
    assert file.read_text() == (
        "# my gateway\nmodel:\n  aliases:\n    small: gpt-5.4-mini   # cheap\n    mine: gpt-5.5\n"
        "auth:\n  queue_limit: 60  # enough\nserver:\n  port: 9000\n  host: ::1\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_file_edited_badly_then_well_says_so_and_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "local.yaml"
    file.write_text(OWNERS)
    async with stage(tmp_path) as play:
        file.write_text(OWNERS.replace("aliases:", "alises:"))
        told = await until(play, is_ok=False)
        assert told["errors"] == [
            {
                "message": "unknown key model.alises; did you mean model.aliases?",
                "source": "local.yaml:3",
                "key": "model.alises",
                "file": "local.yaml",
                "line": 3,
            }
        ]
        sentence = "local.yaml:3: unknown key model.alises; did you mean model.aliases?"
        health = (await play.client.get("/health")).json()
        details = (await play.client.get("/health/details")).json()
        assert (health["configuration"], details["configuration_errors"]) == ("unusable", [sentence])
        assert await asked_model(play, "small") == "gpt-5.4-mini"
        refused = await play.client.post(SETTINGS, json={"values": {"auth.queue_limit": 1}})
        assert refused.status_code == 409
        assert refused.json()["error"] == f"the configuration file has to be repaired first: {sentence}"
        for text, source, words in (
            ("model: [\n", "local.yaml:2", "not valid YAML"),
            (OWNERS.replace("60", "many"), "local.yaml:6", "auth.queue_limit: input should be a valid integer"),
        ):
            file.write_text(text)
            reloaded = await play.client.post("/admin/reload")
            (fault,) = reloaded.json()["details"]["errors"]
            assert (reloaded.status_code, fault["source"].endswith(source)) == (409, True)
            assert words in fault["message"]
        file.write_text(OWNERS.replace("gpt-5.4-mini", "gpt-5.5"))
        told = await until(play, is_ok=True)
        assert told["errors"] == []
        assert await asked_model(play, "small") == "gpt-5.5"
        assert "configuration" not in (await play.client.get("/health")).json()
        (revision,) = (await play.client.get(f"{SETTINGS}/revisions")).json()["revisions"]
        assert (revision["by"], revision["changes"][0]["key"]) == ("file", "model.aliases")
        await play.client.post(f"{SETTINGS}/undo", json={})
        assert await asked_model(play, "small") == "gpt-5.4-mini"
    assert file.read_text() == OWNERS


async def test_of_two_who_change_what_they_saw_the_second_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        seen = (await play.client.get(SETTINGS)).headers["etag"]
        replies = [
            await play.client.post("/admin/quota-settings", json={"skip_exhausted": wanted}, headers={"if-match": seen})
            for wanted in (False, True)
        ]
        assert [reply.status_code for reply in replies] == [200, 409]
        error = replies[1].json()
        assert (error["code"], f'"{error["details"]["revision"]}"') == ("revision_conflict", replies[0].headers["etag"])


async def said(data_dir: Path, name: str, text: str) -> str:
    """What the command that sets a key says."""
    console = Console(file=io.StringIO(), soft_wrap=True)
    async with settings_reached(ServeOptions(flags={}, data_dir=data_dir), {}) as gateway:
        await set_setting(gateway, console, name, text)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_a_command_changes_the_gateway_that_runs_and_the_file_where_none_does(tmp_path: Path) -> None:
    file = tmp_path / "local.yaml"
    async with stage(tmp_path) as play:
        told = await said(tmp_path, "model.aliases", '{"mine": "gpt-5.5"}')
        assert told == 'model.aliases is {"mine":"gpt-5.5"}\n'
        assert await asked_model(play, "mine") == "gpt-5.5"
        file.write_text("server: 5\n")
        with pytest.raises(GatewayRefused, match=r"has to be repaired first: local\.yaml:1: server holds keys"):
            await said(tmp_path, "auth.queue_limit", "5")
        file.write_text("")
    assert await said(tmp_path, "auth.queue_limit", "5") == "auth.queue_limit is 5\n"
    assert file.read_text() == "auth:\n  queue_limit: 5\n"


async def test_u_12_a_flag_beats_a_variable_beats_the_file_whoever_writes_it(tmp_path: Path) -> None:
    """Also of what is changed while the gateway runs."""
    (tmp_path / "local.yaml").write_text("model:\n  default: gpt-5.5\nserver:\n  host: 127.0.0.3\n")
    environ = {"CODEX_PROXY_SERVER__PROXY_API_KEY": KEY, "CODEX_PROXY_MODEL__DEFAULT": "gpt-5.4-mini"}
    flags = {"server.port": 0, "server.host": "127.0.0.1"}
    options = ServeOptions(flags=flags, data_dir=tmp_path, simulate=True)
    headers = {"authorization": f"Bearer {KEY}"}
    async with (
        serving(options, environ) as served,
        httpx.AsyncClient(base_url=served.url, headers=headers, timeout=20) as client,
    ):
        changed = await client.post(SETTINGS, json={"values": {"model.default": "gpt-5.2", "server.host": "::1"}})
        views = {view["key"]: (view["value"], view["source"]) for view in changed.json()["settings"]}
        assert views == {
            "model.default": ("gpt-5.4-mini", "environment CODEX_PROXY_MODEL__DEFAULT"),
            "server.host": ("127.0.0.1", "flag --host"),
        }
        assert changed.json()["overridden"].keys() == views.keys()
        assert changed.json()["restart_required"] == []
        general = (await client.get("/admin/general-settings")).json()
        assert general["default_model"] == "gpt-5.4-mini"
        config = (await client.get("/admin/config")).json()["config"]
        origins = {name: (each["origin"], each["source"]) for name, each in config.items()}
        assert origins["server.host"] == ("command_line", "flag --host")
        assert origins["model.default"] == ("environment", "environment CODEX_PROXY_MODEL__DEFAULT")
        assert origins["api.base_url"] == ("command_line", "flag --simulate")


async def test_u_14_a_change_asks_nobody_anything_and_keeps_comments(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text(OWNERS)
    async with stage(tmp_path) as play:
        await play.models_fetched()
        fetched = (await play.client.get("/health/details")).json()["models_fetched_at"]
        before = len((await play.backend.get("/__journal")).json()["entries"])
        wanted = {"model.custom_models": ["gpt-mine"], "auth.rotation_strategy": "sticky", "auth.queue_limit": 5}
        assert (await play.client.post(SETTINGS, json={"values": wanted})).status_code == 200
        assert len((await play.backend.get("/__journal")).json()["entries"]) == before
        assert (await play.client.get("/health/details")).json()["models_fetched_at"] == fetched
    text = (tmp_path / "local.yaml").read_text()
    assert all(words in text for words in ("# my gateway\n", "gpt-5.4-mini   # cheap\n", "queue_limit: 5  # enough\n"))
