"""Loading."""

from pathlib import Path

import pytest

from codex_proxy.settings.checks.faults import SettingsError
from codex_proxy.settings.load import LOCAL_FILE, LoadedSettings, load_settings, value_of


def load(data_dir: Path, text: str = "", flags: dict[str, int] | None = None, **environ: str) -> LoadedSettings:
    (data_dir / LOCAL_FILE).write_text(text)
    return load_settings(flags=flags or {}, environ=environ, data_dir=data_dir)


def problems(data_dir: Path, text: str = "", **environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        load(data_dir, text, None, **environ)
    return refused.value.problems


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    text = "server:\n  port: 3\n  host: 127.0.0.3\n  heartbeat_seconds: 3\n"
    loaded = load(
        tmp_path, text, {"server.port": 1}, CODEX_PROXY_SERVER__PORT="2", CODEX_PROXY_SERVER__HOST="127.0.0.2"
    )
    names = ("server.port", "server.host", "server.heartbeat_seconds", "server.max_body_bytes")
    assert [(value_of(loaded.settings, name), loaded.provenance[name]) for name in names] == [
        (1, "flag --port"),
        ("127.0.0.2", "environment CODEX_PROXY_SERVER__HOST"),
        (3.0, "local.yaml:4"),
        (67_108_864, "default"),
    ]


def test_what_wins_over_the_file_is_named_whether_or_not_the_file_says_anything(tmp_path: Path) -> None:
    text = "ollama:\n  port: 3\n  version: '1'\n"
    loaded = load(tmp_path, text, {"server.port": 1}, OLLAMA_BRIDGE_PORT="2", CODEX_PROXY_OLLAMA__HOST="::1")
    assert loaded.overriding == {
        "server.port": "flag --port",
        "ollama.port": "environment OLLAMA_BRIDGE_PORT",
        "ollama.host": "environment CODEX_PROXY_OLLAMA__HOST",
    }


def test_an_unknown_key_is_an_error_with_the_nearest_known_one(tmp_path: Path) -> None:
    assert problems(tmp_path, "server:\n  prot: 1\n") == (
        "local.yaml:2: unknown key server.prot; did you mean server.port?",
    )
    (problem,) = problems(tmp_path, CODEX_PROXY_SERVER__HOSST="x")
    assert problem.startswith("environment CODEX_PROXY_SERVER__HOSST: unknown key server.hosst")


def test_a_wrong_type_names_key_and_place(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "server:\n  port: many\n")
    assert problem.startswith("local.yaml:2: server.port: ")


def test_a_wrong_value_inside_a_list_or_a_map_says_where(tmp_path: Path) -> None:
    text = "model:\n  custom_models:\n    - a\n    - id: b\n      context_window: -1\nmodel_routing:\n  x: 3\n"
    assert problems(tmp_path, text) == (
        "local.yaml:2: model.custom_models[1].context_window: input should be greater than 0",
        "local.yaml:6: model_routing.x: input should be a valid string",
    )
    (problem,) = problems(tmp_path, "model:\n  custom_models: [a, a]\n")
    assert problem == "local.yaml:2: model.custom_models: a is there twice"


def test_several_problems_are_told_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, "server:\n  a: 1\n  b: 2\n")) == 2


def test_a_broken_file_is_one_problem(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "server: [")
    assert "local.yaml" in problem


def test_another_file_may_be_named(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("server:\n  port: 5\n")
    loaded = load_settings(flags={}, environ={}, data_dir=tmp_path, config_file=other)
    assert loaded.settings.server.port == 5


def test_null_in_the_environment_beats_the_file(tmp_path: Path) -> None:
    text = "auth:\n  max_concurrent_per_account: 3\n"
    loaded = load(tmp_path, text, CODEX_PROXY_AUTH__MAX_CONCURRENT_PER_ACCOUNT="null")
    assert loaded.settings.auth.max_concurrent_per_account is None


def test_the_file_that_was_read_is_told(tmp_path: Path) -> None:
    assert load(tmp_path).path == tmp_path / LOCAL_FILE
    other = tmp_path / "other.yaml"
    assert load_settings(flags={}, environ={}, data_dir=tmp_path, config_file=other).path == other
