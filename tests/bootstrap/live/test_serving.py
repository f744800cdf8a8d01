"""What the server goes by; ``tests/scenarios/test_live_settings`` sees each of it change."""

from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.live.serving import (
    bridge_cors_of,
    cors_of,
    link_base_by,
    most_body_bytes,
    names_of,
    pace_of,
)
from codex_proxy.server.asgi import Message
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.streaming import Pace
from codex_proxy.settings.schema import ImagesSection, ServerSection, Settings

APP = "https://app.example"


async def receive() -> Message:
    return {"type": "http.disconnect"}


async def send(message: Message) -> None:
    raise AssertionError(message)


def test_limits_names_and_origins_are_the_settings_own() -> None:
    server = ServerSection(
        max_body_bytes=5000,
        names=["Box.Example"],
        cors=[APP],
        cors_allow_null_origin=True,
        first_byte_grace_seconds=1,
        heartbeat_seconds=2,
    )
    settings = Settings(server=server)
    assert (most_body_bytes(settings), names_of(settings)) == (5000, frozenset({"box.example"}))
    assert pace_of(settings) == Pace(first_byte_grace_seconds=1, heartbeat_seconds=2)
    assert [cors_of(settings).allows(origin) for origin in (APP, "null")] == [True, True]
    assert [bridge_cors_of(settings).allows(origin) for origin in (APP, "null")] == [False, True]
    assert [cors_of(Settings()).allows(origin) for origin in (APP, "null")] == [False, False]


def test_links_begin_as_the_owner_wants_them_now() -> None:
    live = Current(Settings())
    link_base = link_base_by(live)
    incoming = Incoming(
        method="POST",
        path="/",
        query="",
        headers={"host": "gateway.example"},
        request_id="req",
        receive=receive,
        send=send,
        arrived_at=("192.0.2.7", 8080),
    )
    begun = [link_base(incoming)]
    live.put(Settings(images=ImagesSection(link_bases=["https://gateway.example"])))
    begun.append(link_base(incoming))
    assert begun == ["http://192.0.2.7:8080", "https://gateway.example"]
