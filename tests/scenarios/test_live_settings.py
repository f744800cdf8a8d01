"""Every setting that the schema calls live is live: set through the API, it is seen at once."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.bootstrap.run import ServeOptions, assembled, load
from codex_proxy.bootstrap.simulated import simulated_backend, simulated_tokens
from codex_proxy.settings.load import known_keys, marks_of
from codex_proxy.simulator.scenario import parse_scenario
from tests.scenarios.live_settings import ANOTHER_KEY, BEHAVIOUR, LAST, PARTS, PASSWORD, SCENARIO, Probe, Scene
from tests.scenarios.stage import KEY


@asynccontextmanager
async def scene(data_dir: Path, *, host: str = "127.0.0.1", key: str = KEY) -> AsyncIterator[Scene]:
    async with simulated_backend(parse_scenario(SCENARIO)) as base_url:
        environ = {
            "CODEX_PROXY_API__BASE_URL": base_url,
            "CODEX_PROXY_SECURITY__DASHBOARD_PASSWORD": PASSWORD,
            "CODEX_JWT_TOKEN": ",".join(simulated_tokens()),
        }
        (data_dir / "local.yaml").write_text(f"server:\n  host: {host}\n  proxy_api_key: {key}\n")
        loaded = load(ServeOptions(flags={"server.port": 0}, data_dir=data_dir), environ)
        headers = {"authorization": f"Bearer {key}", "host": "127.0.0.1"}
        configure_logs("json")
        async with assembled(loaded, environ) as whole:
            inner = httpx.ASGITransport(app=whole.running.application)
            async with (
                httpx.AsyncClient(transport=inner, base_url="http://127.0.0.1", headers=headers, timeout=20) as client,
                httpx.AsyncClient(base_url=base_url, timeout=20) as backend,
            ):
                yield Scene(whole=whole, client=client, backend=backend)
            await whole.running.bridge.stop()
            configure_logs("auto")


async def seen(play: Scene, probes: Mapping[str, Probe]) -> dict[str, Any]:
    return {name: await probe.look(play) for name, probe in probes.items()}


async def test_q_11_whatever_the_schema_calls_live_is_live_in_the_next_request(tmp_path: Path) -> None:
    async with scene(tmp_path) as play:
        await play.whole.running.lists.refresh()
        for probes in (BEHAVIOUR, PARTS, LAST):
            wanted = {name: probe.seen for name, probe in probes.items()}
            before = await seen(play, probes)
            assert [name for name in probes if before[name] == wanted[name]] == []
            values = {name: probe.value for name, probe in probes.items()}
            reply = await play.client.post("/admin/settings", json={"values": values})
            assert (reply.status_code, reply.json().get("restart_required")) == (200, []), reply.text
            assert await seen(play, probes) == wanted
        assert (await play.client.get("/v1/models")).status_code == 401
        assert play.whole.ground.known.redact(f"not {ANOTHER_KEY}") == "not [redacted]"


async def test_where_others_reach_the_gateway_no_weak_key_opens_it_whatever_is_to_be_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, host="0.0.0.0", key=ANOTHER_KEY) as play:
        weak = {"server.proxy_api_key": "pwd"}
        for values, status in ((weak, 400), ({**weak, "server.host": "127.0.0.1"}, 409)):
            refused = await play.client.post("/admin/settings", json={"values": values})
            assert (refused.status_code, "too weak to listen off loopback" in refused.json()["error"]) == (status, True)
        assert (await play.client.get("/v1/models", headers={"authorization": "Bearer pwd"})).status_code == 401
        config = (await play.client.get("/admin/config")).json()["config"]
        assert (config["server.host"]["value"], config["server.host"]["pending"]) == ("0.0.0.0", None)


def test_every_live_key_that_is_used_has_a_probe() -> None:
    marks = {name: marks_of(info) for name, info in known_keys().items()}
    live = {name for name, told in marks.items() if told["change"] == "live" and told["used"]}
    assert BEHAVIOUR.keys() | PARTS.keys() | LAST.keys() == live
