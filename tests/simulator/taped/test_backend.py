"""A backend that repeats what was once answered."""

import time

import httpx

from codex_proxy.operations.capsules.replay import TapedReply
from codex_proxy.simulator.app import SimulatedBackend
from codex_proxy.simulator.taped.backend import Tape, TapedBackend

PATH = "/backend-api/codex/responses"


async def test_replies_come_in_order_and_then_no_more() -> None:
    tape = Tape(
        (
            TapedReply(status=429, headers=(("retry-after", "7"),), body=b"{{ 7 * 7 }}"),
            TapedReply(status=200, headers=(("content-type", "text/event-stream"),), body=b"data: x\n\n"),
        )
    )
    backend = TapedBackend(SimulatedBackend(now=time.time), tape)
    transport = httpx.ASGITransport(app=backend)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://backend") as http:
        first, second, third = [await http.post(PATH, content=b"anything") for _ in range(3)]
        assert (first.status_code, first.headers["retry-after"], first.content) == (429, "7", b"{{ 7 * 7 }}")
        assert (second.status_code, second.content) == (200, b"data: x\n\n")
        assert (third.status_code, third.json()["error"]["code"]) == (599, "tape_ended")
        assert tape.asked_count == 3
        assert (await http.get("/__journal")).status_code == 200


async def test_every_vendor_has_a_tape_of_its_own() -> None:
    tapes = [Tape([TapedReply(status=200, headers=(), body=text)]) for text in (b"one", b"two")]
    backend = TapedBackend(SimulatedBackend(now=time.time), Tape(()), tapes)
    transport = httpx.ASGITransport(app=backend)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://backend") as http:
        assert (await http.post("/vendors/1/chat/completions")).content == b"two"
        assert (await http.post("/vendors/0/models/m:generateContent")).content == b"one"
        assert (await http.post("/vendors/0/messages")).status_code == 599
        assert (await http.post("/vendors/2/messages")).status_code == 404
        assert (await http.get("/vendors/1/models")).status_code == 404
    assert [tape.asked_count for tape in tapes] == [2, 1]
