"""Keys of other editions."""

from pathlib import Path

from codex_proxy.settings.checks.retired import is_retired, retired_words
from codex_proxy.settings.load import load_settings

OTHER_EDITION = """\
api: {base_url: "https://chatgpt.com/backend-api", timeout_seconds: 60}
client: {profile: codex_cli, originator: codex_cli_rs, app_version: 0.1.0, build_number: 6892, chromium_version: 146}
model: {default: gpt-5.4, default_reasoning_effort: null, default_tools: [], aliases: {}, custom_models: []}
auth: {jwt_token: null, chatgpt_oauth: true, rotation_strategy: least_used, max_concurrent_per_account: 3}
server: {host: 127.0.0.1, port: 8080, trust_proxy: false, cors: []}
tls: {transport: native, proxy_url: null, force_http11: false}
official_agent: {enabled: false, auth: {type: none}, request_timeout_ms: 30000}
ws_pool: {enabled: true, max_age_ms: 3300000}
providers: {}
model_routing:
"""


def test_u_11_a_file_of_another_edition_or_an_empty_one_starts(tmp_path: Path) -> None:
    file = tmp_path / "local.yaml"
    file.write_text(OTHER_EDITION)
    loaded = load_settings(flags={}, environ={}, data_dir=tmp_path)
    assert loaded.notices == (
        "official_agent is passed over: the bridge to the official agent is not part of this gateway",
    )
    assert (loaded.settings.client.profile, loaded.settings.client.build_number) == ("cli", "6892")
    for text in ("", "server:\n", "# nothing\n"):
        file.write_text(text)
        assert load_settings(flags={}, environ={}, data_dir=tmp_path).settings.server.port == 8080


def test_each_retired_section_is_told_once() -> None:
    assert is_retired("official_agent.enabled")
    assert not is_retired("server.port")
    assert len(list(retired_words(["official_agent.a", "official_agent.b", "server.port"]))) == 1
