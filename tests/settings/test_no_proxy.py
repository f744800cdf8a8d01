"""HTTPS_PROXY and its exceptions."""

from pathlib import Path

import pytest

from codex_proxy.settings.load import load_settings
from codex_proxy.settings.no_proxy import heed_no_proxy

PROXY = "http://127.0.0.1:3128"


def proxy_of(tmp_path: Path, base_url: str = "http://127.0.0.1:9000/backend-api", **environ: str) -> str | None:
    told = environ | {"CODEX_PROXY_API__BASE_URL": base_url}
    loaded = load_settings(flags={}, environ=told, data_dir=tmp_path)
    return heed_no_proxy(loaded, told).settings.tls.proxy_url


@pytest.mark.parametrize("excepted", ["127.0.0.1", "localhost,127.0.0.1:9000", "*"])
def test_an_excepted_upstream_is_reached_directly(tmp_path: Path, excepted: str) -> None:
    assert proxy_of(tmp_path, HTTPS_PROXY=PROXY, NO_PROXY=excepted) is None
    assert proxy_of(tmp_path, HTTPS_PROXY=PROXY, no_proxy=excepted) is None


def test_a_domain_covers_its_hosts(tmp_path: Path) -> None:
    upstream = "https://a.example.com/backend-api"
    assert proxy_of(tmp_path, upstream, HTTPS_PROXY=PROXY, NO_PROXY=".example.com") is None
    assert proxy_of(tmp_path, upstream, HTTPS_PROXY=PROXY, NO_PROXY="ample.com,") == PROXY


def test_others_go_through_it(tmp_path: Path) -> None:
    assert proxy_of(tmp_path, HTTPS_PROXY=PROXY) == PROXY
    assert proxy_of(tmp_path, HTTPS_PROXY=PROXY, NO_PROXY="example.com") == PROXY


def test_a_proxy_set_for_the_gateway_stays(tmp_path: Path) -> None:
    assert proxy_of(tmp_path, CODEX_PROXY_TLS__PROXY_URL=PROXY, NO_PROXY="*") == PROXY


def test_p_03_the_environment_beats_the_file_a_null_for_us_beats_the_machines_variable_and_both_say_so(
    tmp_path: Path,
) -> None:
    (tmp_path / "local.yaml").write_text("tls: {proxy_url: null}", encoding="utf-8")
    by_machine = load_settings(flags={}, environ={"HTTPS_PROXY": PROXY}, data_dir=tmp_path)
    told = {"HTTPS_PROXY": PROXY, "CODEX_PROXY_TLS__PROXY_URL": "null"}
    by_owner = load_settings(flags={}, environ=told, data_dir=tmp_path)
    assert by_machine.settings.tls.proxy_url == PROXY
    assert by_owner.settings.tls.proxy_url is None
    assert [loaded.provenance["tls.proxy_url"] for loaded in (by_machine, by_owner)] == [
        "environment HTTPS_PROXY",
        "environment CODEX_PROXY_TLS__PROXY_URL",
    ]
