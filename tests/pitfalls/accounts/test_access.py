"""Incidents with keys and pages that have no better place; the others lie with what they test."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.server.cors import CorsPolicy
from tests.scenarios.stage import stage

WEAK = ("pwd", "sk-1234", "your-secret-api-key-1234567890", "change-me-please-change-me-please")


async def refusal(data_dir: Path, **settings: str) -> str:
    environ = {f"CODEX_PROXY_{name}": value for name, value in settings.items()}
    with pytest.raises((StartRefused, ExceptionGroup)) as refused:
        async with serving(ServeOptions(flags={"server.port": 0}, data_dir=data_dir), environ):
            pytest.fail("it serves")
    return str(refused.value)


@pytest.mark.parametrize("secret", WEAK)
async def test_s_05_published_keys_and_short_ones_do_not_leave_this_machine(tmp_path: Path, secret: str) -> None:
    told = await refusal(tmp_path, SERVER__PROXY_API_KEY=secret, SERVER__HOST="0.0.0.0")
    assert "too weak to listen off loopback" in told
    assert secret not in told


async def test_s_02_what_stands_left_in_forwarded_for_makes_nobody_local(tmp_path: Path) -> None:
    async with stage(tmp_path, SERVER__TRUST_PROXY="true") as play:
        headers = {"x-forwarded-for": "127.0.0.1, 203.0.113.5"}
        reply = await play.client.get("/auth/accounts", headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (403, "no_password_yet")
        assert (await play.client.get("/auth/accounts")).status_code == 200
        refused = await play.client.post("/auth/logout", json={}, headers=headers)
        assert refused.status_code == 403
        entries = (await play.client.get("/admin/audit")).json()["entries"]
    assert [(entry["address"], entry["outcome"]) for entry in entries] == [("203.0.113.5", "refused, 403")]


async def test_s_15_pages_are_allowed_by_name_and_never_with_credentials_for_all(tmp_path: Path) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    async with stage(tmp_path, SERVER__CORS="https://app.example") as play:
        for origin, allowed in (
            ("http://localhost:3000", True),
            ("https://app.example", True),
            ("https://app.example.evil.example", False),
            ("http://app.example", False),
            ("null", False),
        ):
            for path in ("/v1/chat/completions", "/v1/models", "/auth/accounts", "/admin/audit"):
                headers = {**asked, "origin": origin, "authorization": ""}
                reply = await play.client.request("OPTIONS", path, headers=headers)
                may_read = reply.headers.get("access-control-allow-origin")
                assert may_read == (origin if allowed and path.startswith("/v1/") else None), (origin, path)
                assert "access-control-allow-credentials" not in reply.headers
    assert not CorsPolicy().allows("null")


async def test_s_19_the_bridge_listens_off_loopback_only_where_its_owner_said_so(tmp_path: Path) -> None:
    told = await refusal(tmp_path, OLLAMA__ENABLED="true", OLLAMA__HOST="0.0.0.0", OLLAMA__PORT="0")
    assert "allow_remote" in told
