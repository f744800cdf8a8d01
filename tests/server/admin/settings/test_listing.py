"""All settings: shown, changed by key, taken back; and the file they are in."""

from pathlib import Path
from typing import Any

from codex_proxy.settings.load import known_keys
from tests.server.admin.settings.plane import made_desk, serving

SETTINGS = "/admin/settings"
KEY = "a-key-of-the-owners-choice"


async def test_every_key_is_told_with_everything_there_is_to_say(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text(f"server:\n  proxy_api_key: {KEY}\nauth:\n  queue_limit: 5\n")
    async with serving(made_desk(tmp_path, PORT="7")) as http:
        reply = await http.get(SETTINGS)
    told, views = reply.json(), {view["key"]: view for view in reply.json()["settings"]}
    assert views.keys() == known_keys().keys()
    assert views["auth.queue_limit"] == {
        "key": "auth.queue_limit", "value": 5, "source": "local.yaml:4", "default": 64,
        "description": "Requests that may wait at once.", "shape": {"type": "integer", "minimum": 0},
        "change": "live", "secret": False, "file_only": False, "used": True, "in_file": True,
        "overridden": None, "pending": False,
    }  # fmt: skip
    assert (views["server.port"]["value"], views["server.port"]["overridden"]) == (7, "environment PORT")
    assert (told["proxy_api_key"], views["server.proxy_api_key"]["value"]) == ("(set, not shown)",) * 2
    assert KEY not in reply.text
    assert reply.headers["etag"] == f'"{told["revision"]}"'


async def test_values_are_set_and_keys_taken_out_all_or_none(tmp_path: Path) -> None:
    async with serving(made_desk(tmp_path)) as http:
        body: dict[str, Any] = {"values": {"auth.queue_limit": 5, "server.host": "::1"}, "more": 1}
        changed = (await http.post(SETTINGS, json=body)).json()
        assert [(view["key"], view["value"], view["pending"]) for view in changed["settings"]] == [
            ("auth.queue_limit", 5, False),
            ("server.host", "::1", True),
        ]
        assert changed["restart_required"] == ["server.host"]
        assert changed["warnings"] == ["unknown field 'more' was ignored"]
        wrong = {"values": {"auth.queue_limit": 6, "auth.queue_limt": 6, "api.base_url": "https://x"}}
        refused = await http.put(SETTINGS, json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_settings")
        assert [fault["key"] for fault in refused.json()["details"]["errors"]] == ["auth.queue_limt", "api.base_url"]
        assert "did you mean auth.queue_limit?" in refused.json()["error"]
        await http.put(SETTINGS, json={"unset": ["server.host"]})
        assert (tmp_path / "local.yaml").read_text() == "auth:\n  queue_limit: 5\n"
        none = await http.post(SETTINGS, json={"unset": ["nothing.at_all"]})
        assert none.status_code == 400


async def test_the_owners_key_has_a_name_of_its_own(tmp_path: Path) -> None:
    async with serving(made_desk(tmp_path)) as http:
        assert (await http.get(SETTINGS)).json()["proxy_api_key"] is None
        changed = await http.post(SETTINGS, json={"proxy_api_key": KEY})
        assert changed.json()["restart_required"] == []
        assert KEY not in changed.text
        assert KEY not in (await http.get(f"{SETTINGS}/revisions")).text
        assert KEY not in (tmp_path / "settings-revisions.json").read_text()
        await http.post(SETTINGS, json={"proxy_api_key": None})
    assert (tmp_path / "local.yaml").read_text() == "server:\n  proxy_api_key:\n"


async def test_changes_are_listed_and_taken_back(tmp_path: Path) -> None:
    async with serving(made_desk(tmp_path)) as http:
        assert (await http.post(f"{SETTINGS}/undo", json={})).json()["code"] == "nothing_to_undo"
        for limit in (5, 6):
            await http.post(SETTINGS, json={"values": {"auth.queue_limit": limit}})
        newest, oldest = (await http.get(f"{SETTINGS}/revisions")).json()["revisions"]
        assert newest["changes"] == [{"key": "auth.queue_limit", "before": 5, "after": 6}]
        assert oldest["changes"] == [{"key": "auth.queue_limit", "after": 5}]
        again = await http.post(f"{SETTINGS}/undo", json={"number": oldest["number"]})
        assert (again.status_code, again.json()["code"]) == (409, "changed_again")
        undone = (await http.post(f"{SETTINGS}/undo", json={"number": None})).json()
        assert (undone["undone"]["number"], undone["settings"][0]["value"]) == (newest["number"], 5)
        stale = await http.post(f"{SETTINGS}/undo", json={}, headers={"if-match": '"stale"'})
        assert (stale.status_code, stale.json()["code"]) == (409, "revision_conflict")


async def test_a_file_that_cannot_be_used_is_told_and_one_that_can_is_read(tmp_path: Path) -> None:
    file = tmp_path / "local.yaml"
    async with serving(made_desk(tmp_path)) as http:
        file.write_text("auth:\n  queue_limit: -1\n")
        refused = await http.post("/admin/reload")
        assert (refused.status_code, refused.json()["code"]) == (409, "file_unusable")
        told = (await http.get("/admin/config-status")).json()
        assert (told["ok"], told["source"], told["pending_restart"]) == (False, str(file), [])
        (fault,) = told["errors"]
        assert (fault["key"], fault["line"]) == ("auth.queue_limit", 2)
        file.write_text("auth:\n  queue_limit: 1\nserver:\n  port: 9\n")
        told = (await http.post("/admin/reload")).json()
        assert (told["ok"], told["errors"], told["pending_restart"]) == (True, [], ["server.port"])


async def test_only_the_admin_key_may(tmp_path: Path) -> None:
    async with serving(made_desk(tmp_path)) as http:
        for path in (SETTINGS, f"{SETTINGS}/revisions", "/admin/config-status", "/admin/rotation-settings"):
            assert (await http.get(path, headers={"authorization": ""})).status_code == 401
            assert (await http.get(path, headers={"authorization": "Bearer worker"})).status_code == 403


async def test_what_is_in_force_is_told_with_what_waits_for_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text("tls:\n  proxy_url: http://me:hidden@127.0.0.1:9\nserver:\n  port: 9000\n")
    async with serving(made_desk(tmp_path, CODEX_PROXY_AUTH__QUEUE_LIMIT="5")) as http:
        await http.post(SETTINGS, json={"values": {"server.port": 9001, "auth.queue_limit": 6}})
        reply = await http.get("/admin/config")
    told, config = reply.json(), reply.json()["config"]
    assert list(config) == list(known_keys())
    assert config["server.port"] == {
        "value": 9000, "source": "local.yaml:4", "origin": "file",
        "change": "restart", "secret": False, "file_only": False, "used": True,
        "pending": {"value": 9001, "source": "local.yaml:4", "origin": "file"},
    }  # fmt: skip
    variable = "environment CODEX_PROXY_AUTH__QUEUE_LIMIT"
    limit = config["auth.queue_limit"]
    assert (limit["value"], limit["source"], limit["origin"], limit["pending"]) == (5, variable, "environment", None)
    assert (config["tls.proxy_url"]["value"], "hidden" in reply.text) == ("(set, not shown)", False)
    assert reply.headers["etag"] == f'"{told["revision"]}"'
