"""The owner looks at the bridge and changes it."""

from collections.abc import Mapping
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from codex_proxy.operations.ollama_bridge import BridgeSettings, CannotOpen, OllamaBridge, SettingsNotKept
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.ollama import SETTINGS_PATH, STATUS_PATH, ollama_routes
from tests.server.admin.test_app import REPORT, Keys, nobody_expects

BOSS = {"authorization": "Bearer boss"}
OFF = {"enabled": False, "running": False}
DEFAULTS = {
    "enabled": False,
    "host": "127.0.0.1",
    "port": 11434,
    "version": "0.18.3",
    "disable_vision": False,
    "allow_remote": False,
    "overridden": {},
}


class Listening:
    async def open(self, host: str, port: int) -> str:
        if port == 5000:
            raise CannotOpen(f"{host}:{port} is already in use")
        return f"http://{host}:{port}"

    async def close(self) -> None:
        pass


class File:
    def keep(self, values: Mapping[str, Any]) -> None:
        if "ollama.version" in values:
            raise SettingsNotKept("local.yaml is not valid YAML")


def client(**overridden: str) -> TestClient[Litestar]:
    bridge = OllamaBridge(BridgeSettings(), listener=Listening(), keeper=File(), overridden=overridden)
    plane = control_plane(
        authenticator=Keys(),
        make_report=lambda: REPORT,
        version="1",
        report_defect=nobody_expects,
        routes=ollama_routes(bridge),
    )
    return TestClient(plane, base_url="http://127.0.0.1:8080")


def test_the_settings_and_the_state() -> None:
    with client() as http:
        assert http.get(SETTINGS_PATH, headers=BOSS).json() == {**DEFAULTS, "status": OFF}
        assert http.get(STATUS_PATH, headers=BOSS).json() == OFF


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_change_is_partial_and_holds_at_once(method: str) -> None:
    on = {"enabled": True, "running": True, "url": "http://127.0.0.1:11435"}
    with client() as http:
        reply = http.request(method, SETTINGS_PATH, json={"enabled": True, "port": 11435}, headers=BOSS)
        assert reply.status_code == 200
        assert reply.json() == {**DEFAULTS, "enabled": True, "port": 11435, "status": on}
        assert http.get(STATUS_PATH, headers=BOSS).json() == on


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "Input data was truncated"),
        (b"[]", 400, "Expected `object`, got `array`"),
        (b'{"port":0}', 400, "port: Expected `int` >= 1"),
        (b'{"enabled":"yes"}', 400, "enabled: Expected `bool`, got `str`"),
        (b'{"allow_remote":true}', 400, "unknown field `allow_remote`"),
        (b'{"host":"0.0.0.0"}', 400, "set ollama.allow_remote to true in the configuration file"),
        (b'{"enabled":true,"port":5000}', 409, "127.0.0.1:5000 is already in use; nothing was changed"),
        (b'{"version":"1"}', 409, "local.yaml is not valid YAML; nothing was changed"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(body: bytes, status: int, words: str) -> None:
    with client() as http:
        reply = http.post(SETTINGS_PATH, content=body, headers=BOSS | {"content-type": "application/json"})
        assert reply.status_code == status
        assert words in reply.json()["error"]
        assert http.get(SETTINGS_PATH, headers=BOSS).json() == {**DEFAULTS, "status": OFF}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_what_a_start_takes_from_elsewhere_is_named(method: str) -> None:
    with client(port="environment OLLAMA_BRIDGE_PORT") as http:
        reply = http.request(method, SETTINGS_PATH, json=None if method == "GET" else {"port": 11435}, headers=BOSS)
        assert reply.json()["overridden"] == {"port": "environment OLLAMA_BRIDGE_PORT"}
        assert reply.json()["port"] == (11434 if method == "GET" else 11435)


def test_only_the_admin_key_may() -> None:
    with client() as http:
        for path in (SETTINGS_PATH, STATUS_PATH):
            assert http.get(path).status_code == 401
            assert http.get(path, headers={"authorization": "Bearer worker"}).status_code == 403
        assert http.post(SETTINGS_PATH, json={}, headers={"authorization": "Bearer worker"}).status_code == 403


def test_the_document_names_the_fields() -> None:
    with client() as http:
        schemas = http.get("/openapi/openapi.json").json()["components"]["schemas"]
    assert schemas["BridgeChange"]["properties"].keys() == DEFAULTS.keys() - {"allow_remote", "overridden"}
