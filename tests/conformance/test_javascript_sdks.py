"""The official JavaScript SDKs and Vercel's AI SDK lead tool loops, and report failures as their own exceptions."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import scripts
from tests.conformance.conftest import Stand, node
from tests.conformance.witness import Witness
from tests.scenarios.stage import KEY

SCRIPT = Path(__file__).parent / "node" / "talk.mjs"
AI_SDK = ("aisdk responses", "aisdk chat", "aisdk anthropic", "aisdk google", "aisdk compatible")
RETRYING = ("openai", "openai chat", "anthropic", *AI_SDK)
CLIENTS = (*RETRYING, "google", "ollama")
WITHOUT_THOUGHTS = {"openai chat", "ollama", "aisdk chat", "aisdk compatible"}
"""Their dialects have no word for encrypted reasoning."""

each = pytest.mark.parametrize("client", CLIENTS)


def watching(stand: Stand, client: str) -> Witness:
    return stand.bridge if client == "ollama" else stand.witness


def talk(stand: Stand, client: str, *, streamed: bool, key: str = KEY) -> dict[str, Any]:
    """What the client said, or how it failed."""
    asked = {"client": client, "url": watching(stand, client).url, "key": key, "prompt": scripts.ASK}
    done = node(SCRIPT, json.dumps(asked | {"streamed": streamed}))
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def reads(path: Path) -> dict[str, Any]:
    return {"name": "read_file", "arguments": {"path": str(path)}}


def overloaded(client: str) -> int:
    return 529 if client.endswith("anthropic") else 503


@pytest.mark.parametrize("client", [*CLIENTS, "anthropic runner"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_loop_with_two_calls_at_once(stand: Stand, tmp_path: Path, client: str, streamed: bool) -> None:
    files = scripts.written(tmp_path)
    stand.play(scripts.loop(reads, files))
    assert set(talk(stand, client, streamed=streamed)["said"].split()) == scripts.proof(files.values())
    refused = [400] if client == "anthropic runner" else []  # it asks for a thread first, and goes on without
    assert watching(stand, client).statuses() == [*refused, 200, 200]
    assert scripts.read_back(stand.asked()[-1], files) == files
    kinds = [item["type"] for item in stand.asked()[-1]["input"]]
    thought = [] if client in WITHOUT_THOUGHTS else ["reasoning"]
    assert kinds == ["message", *thought, *["function_call"] * 2, *["function_call_output"] * 2]


@pytest.mark.parametrize("client", [client for client in CLIENTS if client != "ollama"])  # which has no keys
def test_a_wrong_key(stand: Stand, client: str) -> None:
    stand.play(scripts.FINE)
    failed = talk(stand, client, streamed=True, key="wrong")["failed"]
    assert failed["status"] == 401
    assert "the client key is missing or wrong" in failed["message"]
    assert stand.witness.statuses() == [401]


@each
def test_a_limit(stand: Stand, client: str) -> None:
    stand.play(scripts.LIMITED)
    told, statuses = talk(stand, client, streamed=True), watching(stand, client).statuses()
    if client in RETRYING:
        assert (told, statuses) == ({"said": scripts.WHOLE}, [429, 200])
    else:
        assert (told["failed"]["status"], statuses) == (429, [429])
        assert "slow down" in told["failed"]["message"]
    assert watching(stand, client).questions()[0].answer_headers["retry-after"] == scripts.RETRY_AFTER


@each
def test_an_overload(stand: Stand, client: str) -> None:
    stand.play(scripts.OVERLOADED)
    told, statuses = talk(stand, client, streamed=True), watching(stand, client).statuses()
    if client in RETRYING:
        assert (told, statuses) == ({"said": scripts.WHOLE}, [overloaded(client), 200])
    else:
        assert (told["failed"]["status"], statuses) == (503, [503])


@pytest.mark.parametrize(
    ("fault", "words"),
    [(scripts.BROKEN, scripts.BROKE), (scripts.FAILED, scripts.BROKE), (scripts.CUT, "broke off")],
    ids=["error", "failed", "cut"],
)
@each
def test_a_fault_inside_the_stream_raises(stand: Stand, client: str, fault: list[scripts.Rule], words: str) -> None:
    stand.play(fault)
    assert words in talk(stand, client, streamed=True)["failed"]["message"]
    assert watching(stand, client).statuses() == [200]


@each
def test_an_error_halfway_is_never_seen_where_nothing_is_streamed(stand: Stand, client: str) -> None:
    stand.play(scripts.BROKEN)
    assert talk(stand, client, streamed=False) == {"said": scripts.WHOLE}
    assert watching(stand, client).statuses() == [200]


@each
def test_a_broken_connection_raises(stand: Stand, client: str) -> None:
    stand.play(scripts.SLOW, break_at=scripts.BREAK_AT)
    assert "failed" in talk(stand, client, streamed=True)
    assert watching(stand, client).statuses() == [200]
