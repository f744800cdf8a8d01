"""The bridge switched, moved and refused, without a socket."""

from typing import Any

import msgspec
import pytest

from codex_proxy.operations.ollama_bridge import (
    BridgeSettings,
    BridgeStatus,
    CannotOpen,
    OllamaBridge,
    RemoteNotAllowed,
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


class Scene:
    def __init__(self, *taken: int, **settings: Any) -> None:
        self.listening = Listening(*taken)
        self.bridge = OllamaBridge(BridgeSettings(**settings), listener=self.listening)

    async def change(self, **members: Any) -> None:
        await self.bridge.follow(msgspec.structs.replace(self.bridge.settings, **members))

    async def refused(self, expected: type[Exception], **members: Any) -> str:
        """The words of a refusal, after which everything is as before."""
        before = (self.bridge.settings, self.bridge.status, self.listening.at)
        with pytest.raises(expected) as caught:
            await self.change(**members)
        assert (self.bridge.settings, self.bridge.status, self.listening.at) == before
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


async def test_it_is_switched_on_and_off() -> None:
    scene = Scene()
    places = []
    for wanted in (True, False):
        await scene.change(enabled=wanted)
        places.append(scene.listening.at)
    assert places == [("127.0.0.1", 11434), None]
    assert scene.bridge.status == BridgeStatus(enabled=False, running=False)


async def test_what_does_not_move_the_listener_leaves_it_open() -> None:
    scene = Scene(enabled=True)
    await scene.bridge.start()
    await scene.change(version="0.20.0", disable_vision=True, port=11434)
    assert scene.listening.opened == [("127.0.0.1", 11434)]
    assert (scene.bridge.settings.version, scene.bridge.settings.disable_vision) == ("0.20.0", True)


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


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "box.lan"])
async def test_off_loopback_needs_to_be_allowed(host: str) -> None:
    scene = Scene()
    assert "ollama.allow_remote" in await scene.refused(RemoteNotAllowed, host=host, enabled=True)
    await scene.change(host=host)
    assert "allow_remote" in await scene.refused(RemoteNotAllowed, enabled=True)
    with pytest.raises(RemoteNotAllowed):
        await Scene(enabled=True, host=host).bridge.start()
    await Scene(host=host).bridge.start()
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
