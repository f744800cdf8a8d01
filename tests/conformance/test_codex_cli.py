"""The real Codex CLI with a ChatGPT login, straight at the simulator: it takes our backend for its own."""

import dataclasses
import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import agents, scripts
from tests.conformance.agents import Aim, Command, Place, Prepare
from tests.conformance.conftest import any_token, asked
from tests.conformance.tls import TlsFront, tls_front

SETTINGS = """chatgpt_base_url = "{url}/backend-api"
openai_base_url = "{url}/backend-api/codex"
{base}
"""


@pytest.mark.timeout(200)
def test_a_tool_loop_straight_at_the_simulator(tmp_path: Path) -> None:
    """ChatGPT mode wants an HTTPS origin, so the simulator stands behind a TLS server that is not ours."""
    place = Place.below(tmp_path)
    files = scripts.written(place.work)
    scenario = json.dumps({"rules": scripts.loop(agents.CODEX_CLI.read, files)})
    with tls_front(tmp_path, scenario) as front:
        codex = dataclasses.replace(agents.CODEX_CLI, prepare=_logged_in(front.authority))
        ran = codex.run(place, Aim(url=front.url, key=any_token(), prompt=scripts.ASK))
        requests = _asked_behind(front)
    assert scripts.proof(files.values()) <= set(ran.said.split()), ran
    assert [request["status"] for request in requests] == [200, 200]
    assert [item for item in requests[1]["body"]["input"] if item["type"] == "reasoning"]


def _logged_in(authority: Path) -> Prepare:
    def prepare(place: Place, aim: Aim) -> Command:
        (place.home / "config.toml").write_text(SETTINGS.format(base=agents.CODEX_BASE, url=aim.url))
        (place.home / "auth.json").write_text(json.dumps(_login(aim.key)))
        trusts = dict.fromkeys(("CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"), str(authority))
        return Command(
            arguments=("exec", "--skip-git-repo-check", aim.prompt), environ={"CODEX_HOME": str(place.home), **trusts}
        )

    return prepare


def _login(token: str) -> dict[str, Any]:
    tokens = {"id_token": token, "access_token": token, "refresh_token": "none", "account_id": "acc"}
    refreshed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": refreshed}


def _asked_behind(front: TlsFront) -> list[dict[str, Any]]:
    trusted = ssl.create_default_context(cafile=str(front.authority))
    return asked(front.url + "/backend-api", verify=trusted)
