"""Groups of settings by their names."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.server.admin.settings.groups import GENERAL, OLLAMA, QUOTA, ROTATION, Group
from tests.server.admin.settings.plane import TAKEN, made_desk, serving

GROUPS = (ROTATION, GENERAL, QUOTA, OLLAMA)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.path)
@pytest.mark.parametrize("text", ["", "server:\n", "update:\n  auto_update: false\n"])
async def test_u_08_every_group_tells_every_member_whatever_the_file_lacks(
    tmp_path: Path, group: Group, text: str
) -> None:
    (tmp_path / "local.yaml").write_text(text)
    async with serving(made_desk(tmp_path)) as http:
        reply = await http.get(group.path)
    assert reply.status_code == 200
    assert group.keys.keys() | {"success", "restart_required", "overridden"} <= reply.json().keys()


CHANGES: tuple[tuple[Group, dict[str, Any]], ...] = (
    (ROTATION, {"rotation_strategy": "sticky"}),
    (GENERAL, {"default_reasoning_effort": "low", "request_interval_ms": None, "model_aliases": {"a": "gpt-5.4"}}),
    (GENERAL, {"image_host_model": "gpt-5.4", "credits_per_usd": 3, "refresh_margin_seconds": 0}),
    (QUOTA, {"warning_thresholds": {"primary": [50], "secondary": []}, "skip_exhausted": False}),
    (OLLAMA, {"enabled": True, "port": 11435, "version": "1", "disable_vision": True, "host": "localhost"}),
)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("group", "body"), CHANGES, ids=lambda each: getattr(each, "path", ""))
async def test_a_change_is_partial_and_tells_everything(
    tmp_path: Path, method: str, group: Group, body: dict[str, Any]
) -> None:
    desk = made_desk(tmp_path)
    async with serving(desk) as http:
        before = (await http.get(group.path)).json()
        reply = await http.request(method, group.path, json=body)
        assert reply.status_code == 200, reply.text
        told = reply.json()
        assert {name: told[name] for name in body} == body
        unchanged = group.keys.keys() - body.keys()
        assert {name: told[name] for name in unchanged} == {name: before[name] for name in unchanged}
        assert reply.headers["etag"] == f'"{desk.book.revision}"'
    assert desk.book.configured.in_file == {group.keys[name]: value for name, value in body.items()}


@pytest.mark.parametrize(
    ("group", "body", "status", "words"),
    [
        (ROTATION, {"rotation_strategy": "random"}, 400, "'least_used', 'round_robin' or 'sticky'"),
        (ROTATION, {"rotation_strategy": 1}, 400, "rotation_strategy: Expected `str`, got `int`"),
        (ROTATION, [], 400, "Expected `object`"),
        (GENERAL, {"port": 0}, 400, "server.port: input should be greater than or equal to 1"),
        (GENERAL, {"force_http11": "yes"}, 400, "force_http11: Expected `bool`"),
        (GENERAL, {"model_aliases": {"a": "a"}}, 400, "a stands for itself"),
        (GENERAL, {"image_host_model": "gpt-image-2"}, 400, "gpt-image-2"),
        (GENERAL, {"image_host_model": "nobody"}, 400, "there is no model nobody; known are gpt-5.4, gpt-5.5"),
        (GENERAL, {"system_prompt_strategy": "developer_inline"}, 400, "allow_client_system_prompt_strategy: true"),
        (GENERAL, {"max_concurrent_per_account": 0}, 400, "greater than or equal to 1"),
        (GENERAL, {"proxy_url": "ftp://u:secret@x:1"}, 400, "tls.proxy_url"),
        (QUOTA, {"warning_thresholds": {"primary": [101]}}, 400, "less than or equal to 100"),
        (QUOTA, {"warning_thresholds": {"third": [1]}}, 400, "'primary' or 'secondary'"),
        (OLLAMA, {"allow_remote": True}, 400, "unknown field `allow_remote`"),
        (OLLAMA, {"enabled": True, "host": "0.0.0.0"}, 400, "ollama.allow_remote"),
        (OLLAMA, {"port": TAKEN}, 409, "127.0.0.1:5000 is already in use; nothing was changed"),
        (OLLAMA, {"version": "x" * 65}, 400, "at most 64 characters"),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(
    tmp_path: Path, group: Group, body: Any, status: int, words: str
) -> None:
    async with serving(made_desk(tmp_path)) as http:
        reply = await http.post(group.path, json=body)
        assert (reply.status_code, words in reply.json()["error"]) == (status, True), reply.text
        assert "secret" not in reply.text
    assert not (tmp_path / "local.yaml").exists()


async def test_what_nobody_knows_is_passed_over_and_named(tmp_path: Path) -> None:
    async with serving(made_desk(tmp_path)) as http:
        reply = await http.post(QUOTA.path, json={"skip_exhausted": False, "extra": 1})
        assert reply.json()["warnings"] == ["unknown field 'extra' was ignored"]


async def test_a_proxy_is_masked_and_what_wins_is_named_by_its_member(tmp_path: Path) -> None:
    async with serving(made_desk(tmp_path, HTTPS_PROXY="http://u:secret@127.0.0.1:9")) as http:
        reply = await http.post(GENERAL.path, json={"proxy_url": None, "port": 9000})
        told = reply.json()
    assert told["proxy_url"] == "(set, not shown)"
    assert (told["overridden"], told["restart_required"]) == ({"proxy_url": "environment HTTPS_PROXY"}, ["server.port"])
    assert "secret" not in reply.text
