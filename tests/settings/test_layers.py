"""Sources of values."""

from pathlib import Path

import pytest

from codex_proxy.settings.layers import (
    NAMED_VARIABLES,
    BrokenFile,
    Found,
    environment_layer,
    file_layer,
    flag_layer,
    flag_source,
    merged,
    origin_of,
)


def test_flags_that_were_not_given_say_nothing() -> None:
    assert flag_layer({"server.port": 1, "server.host": None}) == {"server.port": Found(1, "flag --port")}


@pytest.mark.parametrize(("variable", "name"), sorted(NAMED_VARIABLES.items()))
def test_variables_with_a_name_of_their_own(variable: str, name: str) -> None:
    assert environment_layer({variable: "x"})[name].source == f"environment {variable}"


def test_the_systematic_variable_wins_over_the_named_one() -> None:
    layer = environment_layer({"CODEX_PROXY_SERVER__PORT": "2", "PORT": "1", "OTHER": "x"})
    assert layer == {"server.port": Found("2", "environment CODEX_PROXY_SERVER__PORT")}


def test_null_lists_and_json_in_the_environment() -> None:
    layer = environment_layer(
        {
            "CODEX_PROXY_AUTH__MAX_CONCURRENT_PER_ACCOUNT": "null",
            "CORS_ALLOWED_HOSTS": "https://a.example, https://b.example",
            "CODEX_PROXY_MODEL__ALIASES": '{"a":"b"}',
            "CODEX_PROXY_MODEL__DEFAULT": "{broken",
        }
    )
    values = {name: found.value for name, found in layer.items()}
    assert values == {
        "auth.max_concurrent_per_account": None,
        "server.cors": ["https://a.example", "https://b.example"],
        "model.aliases": {"a": "b"},
        "model.default": "{broken",
    }


def test_a_file_says_values_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    path.write_text("# mine\nserver:\n  port: 9000\n  cors: [a]\nmodel_routing:\n  x: y\nnonsense: 7\n")
    assert file_layer(path) == {
        "server.port": Found(9000, "local.yaml:3"),
        "server.cors": Found(["a"], "local.yaml:4"),
        "model_routing": Found({"x": "y"}, "local.yaml:5"),
        "nonsense": Found(7, "local.yaml:7"),
    }


def test_no_file_and_an_empty_file_say_nothing(tmp_path: Path) -> None:
    assert file_layer(tmp_path / "none.yaml") == {}
    (tmp_path / "empty.yaml").write_text("# only words\n")
    assert file_layer(tmp_path / "empty.yaml") == {}


@pytest.mark.parametrize("text", ["server: [", "- a\n- b\n", "a: b: c", "\x00"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "local.yaml"
    path.write_text(text)
    with pytest.raises(BrokenFile, match=r"local\.yaml"):
        file_layer(path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BrokenFile):
        file_layer(path)


def test_earlier_layers_win_and_null_is_a_value() -> None:
    values = merged([{"a": Found(None, "flag")}, {"a": Found(1, "file"), "b": Found(2, "file")}])
    assert values == {"a": Found(None, "flag"), "b": Found(2, "file")}


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("default", "default"),
        ("flag --port", "command_line"),
        (flag_source("simulate"), "command_line"),
        ("environment PORT", "environment"),
        ("excepted by NO_PROXY", "environment"),
        ("local.yaml:3", "file"),
    ],
)
def test_each_source_is_of_one_layer(source: str, origin: str) -> None:
    assert origin_of(source).value == origin
