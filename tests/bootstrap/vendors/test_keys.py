"""Vendor keys of a whole gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.storage.vendors.lists_file import LISTS_FILE
from tests.scenarios.stage import Stage, stage
from tests.transports.vendors.stage import Vendor
from tests.vendors.samples import SECRET

KEYS = "/auth/api-keys"
LIST = b'{"object":"list","data":[{"id":"llama"}]}'


def answer(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def body(*models: str, **members: Any) -> dict[str, Any]:
    return {"provider": "openai", "apiKey": SECRET, "models": list(models)} | members


async def entries(play: Stage) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await play.client.get(KEYS)).json()["keys"]
    return listed


async def test_a_key_is_kept_sealed_and_there_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        added = await play.client.post(KEYS, json=body("gpt-a", "gpt-b", label="mine"))
        assert (added.json()["added"], added.status_code) == (2, 200)
        (entry, _) = await entries(play)
        await play.client.patch(f"{KEYS}/{entry['id']}/status", json={"status": "disabled"})
    content = b"".join(await asyncio.to_thread(_contents, tmp_path))
    assert b"gpt-a" in content
    assert SECRET.encode() not in content
    async with stage(tmp_path) as play:
        assert [(each["model"], each["status"], each["label"]) for each in await entries(play)] == [
            ("gpt-a", "disabled", "mine"),
            ("gpt-b", "active", "mine"),
        ]
        assert SECRET in (await play.client.get(f"{KEYS}/export")).text


async def test_models_are_asked_of_a_vendor_on_this_machine_with_leave_only(tmp_path: Path) -> None:
    vendor = Vendor(answer(LIST))
    async with vendor.listening() as port, stage(tmp_path) as play:
        asked = {"provider": "custom", "apiKey": SECRET, "baseUrl": f"http://127.0.0.1:{port}/v1"}
        refused = await play.client.post(f"{KEYS}/models", json=asked)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_key")
        assert "it leads to a private address; allow that" in refused.json()["error"]
        assert vendor.heads == []
        told = await play.client.post(f"{KEYS}/models", json=asked | {"allowPrivate": True})
        assert [model["id"] for model in told.json()["models"]] == ["llama"]
        assert vendor.heads[0][0] == "GET /v1/models HTTP/1.1"
        vendor.answer = answer(b'{"error":{"message":"Incorrect API key"}}', "401 Unauthorized")
        wrong = await play.client.post(f"{KEYS}/models", json=asked | {"allowPrivate": True, "apiKey": "wrong-key"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "vendor_unauthorized")
    assert SECRET.encode() not in (tmp_path / LISTS_FILE).read_bytes()


async def test_keys_of_the_configuration_are_listed_and_not_changed(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text(
        "providers:\n  openai:\n    api_key_env: MISSING\n  custom:\n    mine:\n"
        f"      api_key: {SECRET}\n      base_url: https://mine.example/v1\n      models: [m]\n"
    )
    async with stage(tmp_path) as play:
        missing, mine = await entries(play)
        assert (missing["status"], missing["source"]) == ("error", "settings")
        assert "the variable MISSING is not set" in missing["reason"]
        assert (mine["name"], mine["model"], mine["apiKey"]) == ("mine", "m", "sk-v****cdef")
        refused = await play.client.delete(f"{KEYS}/{mine['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "configured_key")
        assert (await play.client.get(f"{KEYS}/export")).json() == {"keys": []}


async def test_a_configuration_that_cannot_be_meant_refuses_the_start(tmp_path: Path) -> None:
    for name, hint in (("opnai", "did you mean openai?"), ("xyzzy", "known are ")):
        (tmp_path / "local.yaml").write_text(f"providers:\n  {name}:\n    api_key: sk-secret\n")
        with pytest.raises(StartRefused) as refused:
            async with serving(ServeOptions(flags={"server.port": 0}, data_dir=tmp_path), {}):
                pass
        words = f"providers.{name}: there is no such vendor, and one of your own needs a base_url; {hint}"
        assert str(refused.value).startswith(words)


async def test_s_18_keys_of_another_gateway_are_taken_over_or_told_about(tmp_path: Path) -> None:
    path = tmp_path / "api-keys.json"
    path.write_text('[{"provider": "openai"')
    async with stage(tmp_path) as play:
        told = (await play.client.get(KEYS)).json()
        assert told["keys"] == []
        (notice,) = told["notices"]
        assert notice.startswith("api-keys.json cannot be read and nothing was taken from it")
    entry = {"provider": "gemini", "model": "gemini-pro", "apiKey": SECRET, "status": "active"}
    path.write_text(json.dumps({"keys": [entry, entry | {"provider": "acme"}]}))
    async with stage(tmp_path) as play:
        told = (await play.client.get(KEYS)).json()
        assert [(each["provider"], each["model"]) for each in told["keys"]] == [("gemini", "gemini-pro")]
        assert "key 2: provider: 'acme' is no known vendor" in told["notices"][0]
    async with stage(tmp_path) as play:
        assert (await play.client.get(KEYS)).json()["notices"] == []


async def test_a_store_that_cannot_be_used_leaves_the_keys_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "codex-proxy.sqlite").write_bytes(b"no database")
    (tmp_path / "local.yaml").write_text(f"providers:\n  openai:\n    api_key: {SECRET}\n")
    async with stage(tmp_path) as play:
        told = (await play.client.get(KEYS)).json()
        assert [each["name"] for each in told["keys"]] == ["openai"]
        assert told["persistence_health"]["ok"] is False
        refused = await play.client.post(KEYS, json=body("m", apiKey="another-secret"))
        assert (refused.status_code, refused.json()["code"]) == (503, "store_unusable")


def _contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("codex-proxy.sqlite*"))]
