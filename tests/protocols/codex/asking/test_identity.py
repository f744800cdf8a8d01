"""Headers and metadata of calls."""

import json

import msgspec

from codex_proxy.canonical.request import CodexHints
from codex_proxy.canonical.target import Credential, Profile
from codex_proxy.protocols.codex.asking.identity import (
    ascii_json,
    client_headers,
    client_metadata,
    credential_headers,
    response_headers,
    turn_metadata,
    user_agent,
)
from tests.protocols.codex.parts import CLIENT, IDENTITY, target

CLI = msgspec.structs.replace(CLIENT, profile=Profile.CLI)


def test_a_name_of_the_owners_stands_wherever_the_profiles_would() -> None:
    named = msgspec.structs.replace(CLI, originator="codex_cli_rs")
    assert user_agent(named) == "codex_cli_rs/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_cli_rs; 0.169.0)"
    assert dict(client_headers(named))["originator"] == "codex_cli_rs"


def test_both_profiles_have_their_own_user_agent() -> None:
    assert user_agent(CLIENT) == ("Codex Desktop/0.169.0 (Debian 12.0.0; x86_64) xterm (Codex Desktop; 26.1120.10001)")
    assert user_agent(CLI) == "codex-tui/0.169.0 (Debian 12.0.0; x86_64) xterm (codex-tui; 0.169.0)"


def test_headers_stand_in_the_real_clients_order() -> None:
    names = [name for name, _ in response_headers(target(client=CLI), None, lite=False, tier=None)]
    assert names == [
        "version",
        "x-codex-beta-features",
        "x-codex-window-id",
        "x-codex-turn-metadata",
        "x-codex-routing-hint",
        "x-client-request-id",
        "session-id",
        "thread-id",
        "accept",
        "content-encoding",
        "content-type",
        "authorization",
        "chatgpt-account-id",
        "originator",
        "user-agent",
    ]


def test_optional_headers_appear_where_there_is_something_to_say() -> None:
    identity = msgspec.structs.replace(IDENTITY, turn_state="state")
    hints = CodexHints(subagent="review", timing_metrics="true")
    headers = dict(
        response_headers(target(identity=identity, routing_override="us"), hints, lite=True, tier="priority")
    )
    assert headers["x-openai-account-routing-override"] == "us"
    assert headers["x-codex-turn-state"] == "state"
    assert headers["x-openai-subagent"] == "review"
    assert headers["x-openai-internal-codex-responses-lite"] == "true"
    assert headers["x-codex-routing-hint"] == "model=gpt-5.4;tier=priority"
    assert headers["x-responsesapi-include-timing-metrics"] == "true"


def test_an_unknown_subagent_is_not_passed_on() -> None:
    headers = dict(response_headers(target(), CodexHints(subagent="spy"), lite=False, tier=None))
    assert "x-openai-subagent" not in headers


def test_an_account_without_id_sends_no_account_header() -> None:
    assert credential_headers(Credential(token="t")) == (("authorization", "Bearer t"),)


def test_a_codex_clients_ids_are_replaced_and_its_other_words_kept() -> None:
    hints = CodexHints(
        turn_metadata={"session_id": "theirs", "parent_thread_id": "theirs", "sandbox": "none", "root_turn_id": "r"},
        client_metadata={"thread_id": "theirs", "x-codex-parent-thread-id": "theirs", "color": "blue"},
    )
    metadata = turn_metadata(target(), hints)
    assert (metadata["session_id"], metadata["sandbox"], metadata["root_turn_id"]) == ("session", "none", "turn")
    assert "theirs" not in json.dumps(metadata)
    body = client_metadata(target(), hints)
    assert (body["thread_id"], body["color"]) == ("thread", "blue")
    assert "theirs" not in json.dumps(body)


def test_header_json_is_ascii_and_means_the_same() -> None:
    text = json.dumps({"cwd": "/home/ünï/😀"}, ensure_ascii=False)
    assert ascii_json(text).isascii()
    assert json.loads(ascii_json(text)) == json.loads(text)
    assert ascii_json('{"a":1}') == '{"a":1}'
