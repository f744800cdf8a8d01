"""Starting and stopping."""

import asyncio
from pathlib import Path

import httpx
import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions, load, serving
from codex_proxy.operations.client_keys import ADMIN_KEY_ID, INFERENCE_KEY_ID
from codex_proxy.settings.checks.faults import SettingsError
from tests.scenarios.stage import chat_text, stage

FREE_PORT = {"server.port": 0}


async def refusal(options: ServeOptions, **environ: str) -> str:
    with pytest.raises(StartRefused) as refused:
        async with serving(options, environ):
            pass
    return str(refused.value)


async def test_a_first_start_makes_keys_and_a_second_keeps_them(tmp_path: Path) -> None:
    options = ServeOptions(flags=FREE_PORT, data_dir=tmp_path, simulate=True)
    async with serving(options, {}) as first:
        assert first.keys.made_now
        for key_id, status in ((ADMIN_KEY_ID, 200), (INFERENCE_KEY_ID, 403)):
            headers = {"authorization": f"Bearer {first.keys.kept.secret_of(key_id)}"}
            async with httpx.AsyncClient(base_url=first.url, headers=headers, timeout=60) as client:
                assert (await client.get("/v1/models")).status_code == 200
                assert (await client.get("/health/details")).status_code == status
    async with serving(options, {}) as second:
        assert (second.keys.made_now, second.keys.kept) == (False, first.keys.kept)


async def test_a_simulated_run_leaves_nothing_behind_and_needs_no_account() -> None:
    async with serving(ServeOptions(flags=FREE_PORT, simulate=True), {"CODEX_JWT_TOKEN": "nonsense"}) as served:
        folder = served.access_path.parent
        headers = {"authorization": f"Bearer {served.keys.kept.secret_of(INFERENCE_KEY_ID)}"}
        async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as client:
            reply = await client.post("/v1/responses", json={"model": "gpt-5.4", "input": "hi"})
    assert reply.status_code == 200
    assert not folder.exists()


async def test_a_simulated_run_follows_no_links(tmp_path: Path) -> None:
    options = ServeOptions(flags=FREE_PORT, data_dir=tmp_path, simulate=True)
    async with serving(options, {"CODEX_PROXY_IMAGES__FETCH_REMOTE": "true"}) as served:
        assert not served.settings.images.fetch_remote


async def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    options = ServeOptions(flags=FREE_PORT, data_dir=tmp_path)
    async with serving(options, {}) as served:
        port = int(served.url.rpartition(":")[2])
        words = await refusal(ServeOptions(flags={"server.port": port}, data_dir=tmp_path))
    assert words == f"127.0.0.1:{port} is already in use; choose another with --port"


async def test_what_cannot_be_used_refuses_the_start(tmp_path: Path) -> None:
    options = ServeOptions(flags=FREE_PORT, data_dir=tmp_path)
    assert "token 1 of 1" in await refusal(options, CODEX_JWT_TOKEN="nonsense")
    assert "ca_file" in await refusal(options, CODEX_PROXY_TLS__CA_FILE=str(tmp_path / "none.pem"))
    off_loopback = {"CODEX_PROXY_SERVER__HOST": "0.0.0.0", "CODEX_PROXY_SERVER__PROXY_API_KEY": "pwd"}
    assert "too weak" in await refusal(options, **off_loopback)
    (tmp_path / "access.json").write_text("{}")
    assert "access.json" in await refusal(options)


@pytest.mark.parametrize(
    "text", ["server: [", "server:\n  proxy_api_kye: pwd\n", "- 1\n", "server:\n  heartbeat_seconds: x\n"]
)
async def test_s_06_a_broken_configuration_never_opens_a_gateway(tmp_path: Path, text: str) -> None:
    (tmp_path / "local.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"local\.yaml:\d"):
        async with serving(ServeOptions(flags=FREE_PORT, data_dir=tmp_path), {}):
            pytest.fail("it serves")


async def test_a_simulated_gateway_stays_on_loopback(tmp_path: Path) -> None:
    flags = {"server.port": 0, "server.host": "0.0.0.0"}
    assert "loopback" in await refusal(ServeOptions(flags=flags, data_dir=tmp_path, simulate=True))


def test_a_configuration_file_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match=r"none\.yaml"):
        load(ServeOptions(flags={}, data_dir=tmp_path, config_file=tmp_path / "none.yaml"), {})
    (tmp_path / "local.yaml").write_text("server:\n  prot: 1\n")
    with pytest.raises(SettingsError):
        load(ServeOptions(flags={}, data_dir=tmp_path), {})


async def test_a_stop_lets_running_answers_finish_and_refuses_new_ones(tmp_path: Path) -> None:
    scenario = "rules: [{steps: [{text: one}, {delay_ms: 300}, {text: two}]}]"
    context = stage(tmp_path, scenario, SERVER__STOP_GRACE_SECONDS="60")
    async with httpx.AsyncClient(timeout=50) as outside:
        async with context as play:
            headers = dict(play.client.headers)
            url = play.url
            body = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "x"}]}
            running = asyncio.ensure_future(outside.post(f"{url}/v1/chat/completions", json=body, headers=headers))
            while not await play.asked():
                pass
        reply = await running
    assert chat_text(reply) == "onetwo"
    assert reply.content.endswith(b"data: [DONE]\n\n")
