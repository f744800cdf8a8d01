"""The bridge switched, moved and refused, without a socket."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from codex_proxy.operations.ollama_bridge import (
    BridgeChange,
    BridgeSettings,
    BridgeStatus,
    CannotOpen,
    OllamaBridge,
    RemoteNotAllowed,
    SettingsNotKept,
    is_loopback,
)


class Listening:
    """Notes where it listens; ``taken`` ports cannot be had."""

    def __init__(self, *taken: int) -> None:
        self.taken = set(taken)
        self.at: tuple[str, int] | None = None
        self.opened: list[tuple[str, int]] = []

    async def open(self, host: str, port: int) -> str:
        assert self.at is None
        if port in self.taken:
            raise CannotOpen(f"{host}:{port} is already in use")
        self.at = (host, port)
        self.opened.append(self.at)
        return f"http://{host}:{port}"

    async def close(self) -> None:
        self.at = None


class File:
    """Keeps values, or cannot."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.broken = False

    def keep(self, values: Mapping[str, Any]) -> None:
        if self.broken:
            raise SettingsNotKept("local.yaml cannot be written: disk full")
        self.values.update(values)


class Scene:
    def __init__(self, *taken: int, **settings: Any) -> None:
        self.listening, self.file = Listening(*taken), File()
        self.bridge = OllamaBridge(BridgeSettings(**settings), listener=self.listening, keeper=self.file, overridden={})

    async def change(self, **members: Any) -> None:
        await self.bridge.change(BridgeChange(**members))

    async def refused(self, expected: type[Exception], **members: Any) -> str:
        """The words of a refusal, after which everything is as before."""
        before = (self.bridge.settings, self.bridge.status, self.listening.at, dict(self.file.values))
        with pytest.raises(expected) as caught:
            await self.change(**members)
        assert (self.bridge.settings, self.bridge.status, self.listening.at, self.file.values) == before
        return str(caught.value)


async def test_disabled_means_no_listener() -> None:
    scene = Scene()
    await scene.bridge.start()
    assert scene.listening.opened == []
    assert scene.bridge.status == BridgeStatus(enabled=False, running=False)


async def test_it_listens_from_the_start_where_that_is_wanted() -> None:
    scene = Scene(enabled=True)
    await scene.bridge.start()
    assert scene.bridge.status == BridgeStatus(enabled=True, running=True, url="http://127.0.0.1:11434")
    await scene.bridge.stop()
    assert (scene.listening.at, scene.bridge.status.running) == (None, False)


async def test_a_taken_port_at_the_start_is_told_and_nothing_else() -> None:
    scene = Scene(11434, enabled=True)
    await scene.bridge.start()
    told = BridgeStatus(enabled=True, running=False, error="127.0.0.1:11434 is already in use")
    assert scene.bridge.status == told
    assert msgspec.json.decode(msgspec.json.encode(told)) == {
        "enabled": True,
        "running": False,
        "error": "127.0.0.1:11434 is already in use",
    }
    await scene.change(port=11435)
    assert scene.bridge.status == BridgeStatus(enabled=True, running=True, url="http://127.0.0.1:11435")


async def test_switching_on_and_off_is_kept_with_nothing_but_what_was_given() -> None:
    scene = Scene()
    await scene.change(enabled=True)
    assert (scene.listening.at, scene.file.values) == (("127.0.0.1", 11434), {"ollama.enabled": True})
    await scene.change(enabled=False)
    assert (scene.listening.at, scene.file.values) == (None, {"ollama.enabled": False})


async def test_what_does_not_move_the_listener_leaves_it_open() -> None:
    scene = Scene(enabled=True)
    await scene.bridge.start()
    await scene.change(version="0.20.0", disable_vision=True, port=11434)
    assert scene.listening.opened == [("127.0.0.1", 11434)]
    assert (scene.bridge.settings.version, scene.bridge.settings.disable_vision) == ("0.20.0", True)
    assert scene.file.values == {"ollama.version": "0.20.0", "ollama.disable_vision": True, "ollama.port": 11434}


async def test_a_change_of_nothing_is_fine() -> None:
    scene = Scene()
    await scene.change()
    assert scene.file.values == {}


async def test_a_port_in_use_is_said_and_the_old_one_stays() -> None:
    scene = Scene(5000, enabled=True)
    await scene.bridge.start()
    assert await scene.refused(CannotOpen, port=5000) == "127.0.0.1:5000 is already in use"
    assert scene.listening.at == ("127.0.0.1", 11434)


async def test_an_old_address_that_is_gone_meanwhile_is_told() -> None:
    scene = Scene(5000, enabled=True)
    await scene.bridge.start()
    scene.listening.taken.add(11434)
    with pytest.raises(CannotOpen, match="5000"):
        await scene.change(port=5000)
    told = BridgeStatus(enabled=True, running=False, error="127.0.0.1:11434 is already in use")
    assert scene.bridge.status == told


async def test_what_cannot_be_kept_does_not_hold() -> None:
    scene = Scene(enabled=True)
    await scene.bridge.start()
    scene.file.broken = True
    assert "disk full" in await scene.refused(SettingsNotKept, port=5000)
    assert "disk full" in await scene.refused(SettingsNotKept, enabled=False)
    assert scene.listening.at == ("127.0.0.1", 11434)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "box.lan"])
async def test_off_loopback_needs_what_no_change_can_set(host: str) -> None:
    scene = Scene()
    for members in ({"host": host}, {"host": host, "enabled": True}):
        assert "ollama.allow_remote" in await scene.refused(RemoteNotAllowed, **members)
    with pytest.raises(RemoteNotAllowed):
        await Scene(enabled=True, host=host).bridge.start()
    await Scene(host=host).bridge.start()
    assert "allow_remote" in await Scene(host=host).refused(RemoteNotAllowed, enabled=True)
    with pytest.raises(msgspec.ValidationError, match="allow_remote"):
        msgspec.json.decode(b'{"allow_remote": true}', type=BridgeChange)
    allowed = Scene(allow_remote=True)
    await allowed.change(host=host, enabled=True)
    assert allowed.listening.at == (host, 11434)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("LocalHost", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("localhost.lan", False),
        ("", False),
    ],
)  # fmt: skip
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    "body",
    [b'{"port":0}', b'{"port":65536}', b'{"port":true}', b'{"version":""}', b'{"host":""}', b'{"enabled":1}', b"[]"],
)
def test_a_change_is_checked(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=BridgeChange)
    long = msgspec.json.encode({"version": "x" * 65})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(long, type=BridgeChange)
