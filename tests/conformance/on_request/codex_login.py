"""The real Codex CLI at the simulated services: logins of both kinds, a refresh, counters, a redeemed credit, a logout.

What it takes from our issuer and our backend for the real ones' is judged by its own words and its own state.
"""

import contextlib
import dataclasses
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conformance import agents, scripts
from tests.conformance.agents import Aim, Command, Place, Ran
from tests.conformance.conftest import NODE, loopback_only
from tests.conformance.test_codex_cli import SETTINGS
from tests.conformance.tls import TlsFront, tls_front

pytestmark = pytest.mark.timeout(300)

ISSUER = "issuer: {auto: true, device: {auto_after: 1, interval_seconds: 1}}"
SHORT_LIVED = ISSUER.replace("{auto: true", "{auto: true, access_token_seconds: 1")
ANSWERS = f"{ISSUER}\nrules: [{{steps: [{{text: {scripts.WHOLE}}}]}}]"
USED_UP = f"""{ISSUER}
accounts:
  - id: acc
    plan: pro
    primary: {{seconds: 18000, used_percent: 100}}
    secondary: {{seconds: 604800, used_percent: 40}}
    buckets: {{codex_bengalfox: {{name: Spark, models: [spark], primary: {{seconds: 18000, used_percent: 7}}}}}}
    reset_credits: [{{}}, {{}}]
"""
REDEEM_ID = "3f0c1d3e-9a55-4a0e-8f6b-0a1b2c3d4e5f"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.below(tmp_path)


@pytest.fixture
def front(place: Place, tmp_path: Path) -> Iterator[TlsFront]:
    with tls_front(tmp_path, SHORT_LIVED) as made:
        (place.home / "config.toml").write_text(SETTINGS.format(base=agents.CODEX_BASE, url=made.url))
        yield made


def environ(place: Place, front: TlsFront) -> dict[str, str]:
    trusts = dict.fromkeys(("CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"), str(front.authority))
    return trusts | {
        "CODEX_HOME": str(place.home),
        "CODEX_APP_SERVER_LOGIN_ISSUER": front.url,
        "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{front.url}/oauth/token",
        "CODEX_REVOKE_TOKEN_URL_OVERRIDE": f"{front.url}/oauth/revoke",
    }


def codex(place: Place, front: TlsFront, *arguments: str) -> Ran:
    """The CLI with these arguments."""
    command = Command(arguments=arguments, environ=environ(place, front))
    agent = dataclasses.replace(agents.CODEX_CLI, prepare=lambda _place, _aim: command)
    return agent.run(place, Aim(url=front.url, key="", prompt=""))


@contextlib.contextmanager
def talking_to(front: TlsFront) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=str(front.authority))
    with httpx.Client(base_url=front.url, verify=trusted, trust_env=False, follow_redirects=True, timeout=60) as client:
        yield client


class AppServer:
    """The CLI's engine as editors and the desktop app talk to it: JSON-RPC by lines."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._number = 0

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._say(id=self._number, method=method, params=params)
        return self._told("result", lambda message: message.get("id") == self._number)

    def notify(self, method: str) -> None:
        self._say(method=method)

    def hear(self, method: str) -> dict[str, Any]:
        return self._told("params", lambda message: message.get("method") == method)

    def _say(self, **message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _told(self, member: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if wanted(message):
                assert isinstance(message.get(member), dict), message
                return dict(message[member])
        raise AssertionError("it ended and did not say what was waited for")


@contextlib.contextmanager
def app_server(place: Place, front: TlsFront) -> Iterator[AppServer]:
    with subprocess.Popen(
        [NODE, str(agents.CODEX_CLI.program), "app-server"],
        cwd=place.work,
        env=loopback_only() | environ(place, front),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            server = AppServer(process)
            server.ask("initialize", clientInfo={"name": "Codex Desktop", "version": "26.1120.10001"})
            server.notify("initialized")
            yield server
        finally:
            process.terminate()


def test_device_login_refresh_and_logout(place: Place, front: TlsFront) -> None:
    ran = codex(place, front, "login", "--device-auth", "--experimental_issuer", front.url)
    assert ran.code == 0, ran
    with talking_to(front) as client:
        client.put("/__scenario", content=ANSWERS).raise_for_status()
        ran = codex(place, front, "exec", "--skip-git-repo-check", "hello")
        assert scripts.WHOLE in ran.said, ran
        assert codex(place, front, "logout").code == 0
        first, second = client.get("/__tokens").json()["refresh_tokens"]
    (sending,) = first["sendings"]
    assert (sending["answer"], sending["reason"]) == ("granted", "proactive_expiry")
    assert (second["state"], second["sendings"]) == ("revoked", [])


def test_browser_login_counters_and_a_redeemed_credit(place: Place, front: TlsFront) -> None:
    with talking_to(front) as client, app_server(place, front) as server:
        client.put("/__scenario", content=USED_UP).raise_for_status()
        page = client.get(server.ask("account/login/start", type="chatgpt")["authUrl"])
        assert page.status_code == 200
        assert server.hear("account/login/completed")["error"] is None
        limits = server.ask("account/rateLimits/read")
        outcomes = [server.ask("account/rateLimitResetCredit/consume", idempotencyKey=REDEEM_ID) for _ in range(2)]
        later = server.ask("account/rateLimits/read")
    primary, secondary = limits["rateLimits"]["primary"], limits["rateLimits"]["secondary"]
    assert (primary["usedPercent"], primary["windowDurationMins"]) == (100, 300)
    assert (secondary["usedPercent"], secondary["windowDurationMins"]) == (40, 10_080)
    assert limits["rateLimits"]["planType"] == "pro"
    assert limits["rateLimitsByLimitId"]["codex_bengalfox"]["primary"]["usedPercent"] == 7
    assert len(limits["rateLimitResetCredits"]["credits"]) == limits["rateLimitResetCredits"]["availableCount"] == 2
    assert [outcome["outcome"] for outcome in outcomes] == ["reset", "alreadyRedeemed"]
    assert later["rateLimits"]["primary"]["usedPercent"] == 0
    assert later["rateLimitResetCredits"]["availableCount"] == 1
