"""Settings as operations know them."""

from pathlib import Path

import msgspec
import pytest

from codex_proxy.bootstrap.settings.configured import RESTART_KEYS, SettingsSchema
from codex_proxy.bootstrap.settings.objections import objections_in
from codex_proxy.bootstrap.simulated import simulated
from codex_proxy.operations.settings.parts import SettingsRefused
from codex_proxy.settings.load import load_settings
from codex_proxy.settings.no_proxy import heed_no_proxy

TEXT = "server:\n  port: 9000\nauth:\n  queue_limit: 5\n"


def schema(folder: Path, text: str = TEXT, **environ: str) -> SettingsSchema:
    (folder / "local.yaml").write_text(text)
    return SettingsSchema(load_settings(flags={}, environ=environ, data_dir=folder), objections_in(environ))


def test_what_counts_at_the_next_start_waits_for_it(tmp_path: Path) -> None:
    made = schema(tmp_path)
    read = made.read("server:\n  port: 9001\nauth:\n  queue_limit: 6\n  rotation_strategy: sticky\n")
    assert (read.in_force.server.port, read.in_force.auth.queue_limit) == (9000, 6)
    assert read.in_force.auth.rotation_strategy == "sticky"
    assert (read.pending, read.values["server.port"]) == (("server.port",), 9001)
    assert read.in_file == {"server.port": 9001, "auth.queue_limit": 6, "auth.rotation_strategy": "sticky"}
    assert read.sources["server.port"] == "local.yaml:2"
    assert (made.started().pending, made.started().text) == ((), TEXT)
    assert {"server.port", "api.base_url"} < RESTART_KEYS


def test_what_a_variable_says_stays_in_force(tmp_path: Path) -> None:
    read = schema(tmp_path, PORT="7").read("server:\n  port: 9001\n")
    assert (read.values["server.port"], read.pending) == (7, ())
    assert read.overriding == {"server.port": "environment PORT"}


@pytest.mark.parametrize(
    ("text", "source", "key", "words"),
    [
        ("server:\n  port: [\n", "local.yaml:3", None, "not valid YAML"),
        ("server:\n  prot: 1\n", "local.yaml:2", "server.prot", "unknown key server.prot; did you mean server.port?"),
        ("\nauth:\n  queue_limit: many\n", "local.yaml:3", "auth.queue_limit", "should be a valid integer"),
        ("quota:\n  warning_thresholds: {primary: [90, 80]}\n", "local.yaml:2", "quota.warning_thresholds", "smallest"),
        ("ollama:\n  enabled: true\n  host: 0.0.0.0\n", "local.yaml:3", "ollama.host", "ollama.allow_remote"),
        ("tls:\n  proxy_url: ftp://u:secret@x:1\n", "local.yaml:2", "tls.proxy_url", "none of http, https"),
        ("- 1\n", "local.yaml:1", None, "expected sections with keys"),
    ],
)
def test_a_fault_names_line_and_key(tmp_path: Path, text: str, source: str, key: str | None, words: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        schema(tmp_path).read(text)
    (fault,) = refused.value.faults
    assert (fault.source.rpartition("/")[2], fault.key) == (source, key)
    assert words in fault.message
    assert "secret" not in str(refused.value)


def test_values_that_are_asked_for_and_keys_that_are_to_go_are_checked(tmp_path: Path) -> None:
    made = schema(tmp_path)
    asked = {"auth.queue_limit": -1, "auth.queue_limt": msgspec.UNSET, "api.base_url": msgspec.UNSET}
    faults = made.faults_of({**asked, "server.port": msgspec.UNSET})
    assert {fault.key for fault in faults} == asked.keys()
    assert all(fault.source == "request" for fault in faults)


def test_a_simulated_gateway_stays_one_whatever_the_file_says(tmp_path: Path) -> None:
    loaded = simulated(load_settings(flags={}, environ={}, data_dir=tmp_path), "http://127.0.0.1:1/backend-api")
    read = SettingsSchema(loaded, objections_in({})).read("api:\n  base_url: https://elsewhere.example\n")
    assert read.loaded.settings.api.base_url == "http://127.0.0.1:1/backend-api"
    assert read.pending == ()
    with pytest.raises(SettingsRefused, match="loopback only"):
        SettingsSchema(loaded, objections_in({})).read("server:\n  host: 0.0.0.0\n")


def test_hosts_that_the_environment_excepts_stay_excepted(tmp_path: Path) -> None:
    environ = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "chatgpt.com"}
    loaded = heed_no_proxy(load_settings(flags={}, environ=environ, data_dir=tmp_path), environ)
    read = SettingsSchema(loaded, objections_in(environ)).read(TEXT)
    assert read.values["tls.proxy_url"] is None
