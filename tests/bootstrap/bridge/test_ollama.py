"""The bridge as part of a whole gateway."""

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_proxy.bootstrap.bridge.ollama import bridge_settings
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions, Serving, serving
from codex_proxy.operations.client_keys import ADMIN_KEY_ID, INFERENCE_KEY_ID
from codex_proxy.operations.ollama_bridge import BridgeSettings
from codex_proxy.server.listeners import bind
from codex_proxy.settings.schema import OllamaSection

SETTINGS = "/admin/ollama-settings"
ON = {"OLLAMA_BRIDGE_ENABLED": "true", "OLLAMA_BRIDGE_PORT": "0"}
OWNER = "a-key-of-the-owners-choice"


async def with_gateway(data_dir: Path, play: Callable[[Serving], Awaitable[None]], **environ: str) -> None:
    options = ServeOptions(flags={"server.port": 0}, data_dir=data_dir, simulate=True)
    async with serving(options, environ) as served:
        await play(served)


def client(url: object, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=str(url), headers=headers, timeout=20)


def owner(served: Serving, key_id: str = ADMIN_KEY_ID) -> httpx.AsyncClient:
    return client(served.url, authorization=f"Bearer {served.keys.kept.secret_of(key_id)}")


async def models_fetched(served: Serving) -> None:
    """Wait until the backend's own list of models is in; until then a list may differ from the one before."""
    async with owner(served) as admin:
        while (await admin.get("/health/details")).json()["models_fetched_at"] is None:
            pass


def test_the_section_is_the_operations_value() -> None:
    assert bridge_settings(OllamaSection()) == BridgeSettings()
    given: dict[str, Any] = {
        "enabled": True, "host": "::1", "port": 1, "version": "2", "disable_vision": True, "allow_remote": True,
    }  # fmt: skip
    assert bridge_settings(OllamaSection(**given)) == BridgeSettings(**given)


async def test_it_is_off_until_it_is_switched_on_and_the_file_says_so(tmp_path: Path) -> None:
    async def play(served: Serving) -> None:
        free = bind("127.0.0.1", 0)
        port = free.getsockname()[1]
        free.close()
        async with owner(served) as admin:
            assert (await admin.get("/admin/ollama-status")).json() == {"enabled": False, "running": False}
            switched = await admin.post(SETTINGS, json={"enabled": True, "port": port})
            assert switched.json()["status"]["url"] == f"http://127.0.0.1:{port}"
            async with client(f"http://127.0.0.1:{port}") as bridge:
                assert (await bridge.get("/")).text == "Ollama is running"
                await admin.put(SETTINGS, json={"version": "0.20.1", "disable_vision": True})
                assert (await bridge.get("/api/version")).json() == {"version": "0.20.1"}
                shown = (await bridge.post("/api/show", json={"model": "gpt-5.4"})).json()
                assert "vision" not in shown["capabilities"]
                await admin.post(SETTINGS, json={"enabled": False})
                with pytest.raises(httpx.ConnectError):
                    await bridge.get("/")
        assert (tmp_path / "local.yaml").read_text() == (
            f"ollama:\n  enabled: false\n  port: {port}\n  version: 0.20.1\n  disable_vision: true\n"
        )

    await with_gateway(tmp_path, play)
    await with_gateway(tmp_path, lambda served: _version(served, "0.20.1"))


async def _version(served: Serving, version: str) -> None:
    assert served.bridge.settings.version == version


@pytest.mark.parametrize(
    "key", [{}, {"CODEX_PROXY_SERVER__PROXY_API_KEY": OWNER}], ids=["generated keys", "owner's key"]
)
async def test_both_surfaces_answer_without_a_key(tmp_path: Path, key: dict[str, str]) -> None:
    async def play(served: Serving) -> None:
        async with client(served.bridge.status.url, authorization="Bearer ollama") as bridge:
            asked = {"model": "gpt-5.4:latest", "messages": [{"role": "user", "content": "hi"}], "stream": False}
            told = (await bridge.post("/api/chat", json=asked)).json()
            assert told["message"]["content"].startswith("You said: hi.")
            assert told["eval_count"] > 0
            for path in ("/v1/chat/completions", "/chat/completions"):
                reply = await bridge.post(path, json=asked)
                assert reply.json()["choices"][0]["message"]["content"].startswith("You said: hi.")
            reply = await bridge.post("/v1/responses", json={"model": "gpt-5.4", "input": "hi"})
            assert reply.json()["status"] == "completed"
            assert "gpt-5.4" in {row["id"] for row in (await bridge.get("/v1/models")).json()["data"]}
            for path in (SETTINGS, "/admin/ollama-status", "/health/details", "/v1/../admin/ollama-status"):
                assert (await bridge.get(path)).status_code == 404

    await with_gateway(tmp_path, play, **ON, **key)


async def test_the_owners_aliases_name_models_here_too(tmp_path: Path) -> None:
    async def play(served: Serving) -> None:
        async with client(served.bridge.status.url) as bridge:
            shown = (await bridge.post("/api/show", json={"name": "mine:latest"})).json()
            assert shown["model_info"]["general.basename"] == "gpt-5.4-mini"
            assert (await bridge.post("/api/show", json={"name": "nobody"})).status_code == 404
            await models_fetched(served)
            tags = [row["name"] for row in (await bridge.get("/api/tags")).json()["models"]]
            listed = [row["id"] for row in (await bridge.get("/v1/models")).json()["data"]]
            assert tags == [f"{name}:latest" for name in listed]
            assert {"mine", "mine-high"} < set(listed)

    settings = {"CODEX_PROXY_MODEL__ALIASES": '{"mine":"gpt-5.4-mini"}', "CODEX_PROXY_MODELS__LIST_VARIANTS": "true"}
    await with_gateway(tmp_path, play, **ON, **settings)


async def test_a_change_of_what_the_environment_sets_is_kept_and_says_that_it_does_not_hold(tmp_path: Path) -> None:
    told = {"version": "environment OLLAMA_BRIDGE_VERSION"}

    async def play(served: Serving) -> None:
        async with owner(served) as admin:
            assert (await admin.get(SETTINGS)).json()["overridden"] == told
            changed = (await admin.post(SETTINGS, json={"version": "0.20.1"})).json()
            assert (changed["version"], changed["overridden"]) == ("0.19", told)

    await with_gateway(tmp_path, play, OLLAMA_BRIDGE_VERSION="0.19")
    await with_gateway(tmp_path, lambda served: _version(served, "0.19"), OLLAMA_BRIDGE_VERSION="0.19")
    await with_gateway(tmp_path, lambda served: _version(served, "0.20.1"))


async def test_a_taken_port_does_not_stop_the_gateway(tmp_path: Path) -> None:
    taken = bind("127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]

    async def play(served: Serving) -> None:
        async with owner(served) as admin:
            told = (await admin.get("/admin/ollama-status")).json()
            assert told == {"enabled": True, "running": False, "error": f"127.0.0.1:{port} is already in use"}
            refused = await admin.post(SETTINGS, json={"port": port, "version": "9"})
            assert refused.status_code == 409
            assert refused.json()["error"] == f"127.0.0.1:{port} is already in use; nothing was changed"
            assert (await admin.get(SETTINGS)).json()["version"] == "0.18.3"
            assert not (tmp_path / "local.yaml").exists()

    await with_gateway(tmp_path, play, OLLAMA_BRIDGE_ENABLED="true", OLLAMA_BRIDGE_PORT=str(port))
    taken.close()


async def test_off_loopback_needs_more_than_a_host(tmp_path: Path) -> None:
    async def play(served: Serving) -> None:
        async with owner(served) as admin:
            for change in ({"host": "0.0.0.0", "enabled": True}, {"allow_remote": True}):
                assert (await admin.post(SETTINGS, json=change)).status_code == 400

    remote = ON | {"OLLAMA_BRIDGE_HOST": "0.0.0.0"}
    for environ in (remote, remote | {"CODEX_PROXY_OLLAMA__ALLOW_REMOTE": "true"}):
        with pytest.raises(StartRefused, match=r"ollama\.allow_remote"):  # a simulated gateway never leaves loopback
            await with_gateway(tmp_path, play, **environ)
    await with_gateway(tmp_path, play)


async def test_the_owner_can_allow_it(tmp_path: Path) -> None:
    environ = ON | {"OLLAMA_BRIDGE_HOST": "0.0.0.0", "CODEX_PROXY_OLLAMA__ALLOW_REMOTE": "true"}
    async with serving(ServeOptions(flags={"server.port": 0}, data_dir=tmp_path), environ) as served:
        url = str(served.bridge.status.url)
        assert url.startswith("http://0.0.0.0:")
        async with client(url.replace("0.0.0.0", "127.0.0.1")) as bridge:
            for name, status in ((socket.gethostname(), 200), ("evil.example", 403)):
                assert (await bridge.get("/", headers={"host": name})).status_code == status


async def test_changes_are_kept_in_the_file_that_is_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("# mine\nollama:\n  port: 0 # any\n")
    options = ServeOptions(flags={"server.port": 0}, data_dir=tmp_path / "data", config_file=file, simulate=True)
    async with serving(options, {}) as served, owner(served) as admin:
        assert (await admin.post(SETTINGS, json={"enabled": True})).status_code == 200
        assert (await admin.post(SETTINGS, json={}, headers={"authorization": "Bearer x"})).status_code == 401
    assert file.read_text() == "# mine\nollama:\n  port: 0 # any\n  enabled: true\n"


async def test_an_inference_key_changes_nothing(tmp_path: Path) -> None:
    async def play(served: Serving) -> None:
        async with owner(served, INFERENCE_KEY_ID) as somebody:
            assert (await somebody.post(SETTINGS, json={"enabled": True})).status_code == 403

    await with_gateway(tmp_path, play)
