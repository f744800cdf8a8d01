"""What goes over the wire, as the owner sets it, seen by a backend behind TLS that speaks HTTP/2 and HTTP/1.1."""

from pathlib import Path

from tests.conformance.tls import tls_front
from tests.scenarios.stage import FIRST_THEN_SILENCE, first_event_passes, stage_over


async def test_http2_is_avoided_from_the_next_request_on_and_back(tmp_path: Path) -> None:
    with tls_front(tmp_path, "") as front:
        base_url = front.url + "/backend-api"
        async with stage_over(base_url, tmp_path / "data", {}, authority=front.authority) as play:

            async def spoken() -> set[str]:
                front.spoken.clear()
                assert [(await play.chat()).status_code for _ in range(2)] == [200, 200]
                return set(front.spoken)

            async def avoid(wanted: bool) -> None:
                change = {"values": {"tls.force_http11": wanted}}
                reply = await play.client.post("/admin/settings", json=change)
                assert (reply.status_code, reply.json()["restart_required"]) == (200, [])

            await play.models_fetched()
            assert await spoken() == {"2"}
            await avoid(wanted=True)
            assert await spoken() == {"1.1"}
            await avoid(wanted=False)
            assert await spoken() == {"2"}


async def test_streams_pass_at_once_over_http11_too(tmp_path: Path) -> None:
    with tls_front(tmp_path, FIRST_THEN_SILENCE) as front:
        settings, base_url = {"TLS__FORCE_HTTP11": "true"}, front.url + "/backend-api"
        async with stage_over(base_url, tmp_path / "data", settings, authority=front.authority) as play:
            assert await first_event_passes(play)
        assert set(front.spoken) == {"1.1"}
