"""How answers are acted out: shapes, cuts, stalls and who left first."""

import asyncio
from typing import Any

import httpx
import pytest

from codex_proxy.simulator.journal import Entry
from codex_proxy.simulator.player import Player, shaped
from tests.simulator.asking import Backend, backend, body, events_of, output_of, text_of, token

HEADERS = {"authorization": f"Bearer {token()}"}


@pytest.mark.parametrize(
    ("shape", "has_deltas", "has_items", "has_output"),
    [
        ("deltas", True, True, True),
        ("done", False, True, True),
        ("completed", False, False, True),
        ("empty_output", True, True, False),
    ],
)
async def test_the_same_answer_can_be_told_in_other_shapes(
    shape: str,
    has_deltas: bool,
    has_items: bool,
    has_output: bool,
) -> None:
    async with backend(f"rules: [{{shape: {shape}, steps: [{{text: one two}}]}}]") as simulated:
        events = await simulated.events()
    names = {event["type"] for event in events}
    assert (text_of(events) == "one two") is has_deltas
    assert ("response.output_item.done" in names) is has_items
    assert bool(output_of(events)) is has_output


async def test_a_cut_breaks_the_connection() -> None:
    async with backend("rules: [{steps: [{text: half}, {cut: true}]}]") as simulated:
        with pytest.raises(httpx.RemoteProtocolError):
            await simulated.post(body())
        (entry,) = await simulated.journal()
    assert not entry["ended"]


async def test_an_end_without_a_terminal_event_is_a_whole_body() -> None:
    async with backend("rules: [{steps: [{text: half}, {end: true}]}]") as simulated:
        events = events_of((await simulated.post(body())).content)
    assert text_of(events) == "half"
    assert events[-1]["type"] != "response.completed"


async def first_words(simulated: Backend) -> None:
    """Read until the first words, then leave."""
    async with simulated.client.stream("POST", "/codex/responses", json=body(), headers=HEADERS) as reply:
        async for chunk in reply.aiter_bytes():
            if b"half" in chunk:
                return


async def test_a_stall_lasts_until_the_client_leaves_and_that_is_noted() -> None:
    async with backend("rules: [{steps: [{text: half}, {stall: true}]}]") as simulated:
        await first_words(simulated)
        async with asyncio.timeout(30):
            while not (await simulated.journal())[0]["left_early"]:
                pass


async def test_headers_may_be_slow_and_writes_apart() -> None:
    async with backend("rules: [{headers_after_ms: 30, gap_ms: 1, steps: [{text: a b}, {delay_ms: 1}]}]") as simulated:
        assert text_of(await simulated.events()) == "a b"


def test_no_bytes_have_no_shape() -> None:
    assert shaped(b"", "done") == b""


async def test_a_connection_is_cut_without_an_answer_where_the_server_can() -> None:
    async with backend("issuer: {faults: [{answer: cut}]}") as simulated:
        granted = await simulated.grant()
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            await simulated.refresh(granted["refresh_token"])
        (entry,) = await simulated.journal()
    assert (entry["status"], entry["ended"]) == (None, False)


async def test_elsewhere_it_is_cut_after_the_headers() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    await Player(Entry(method="POST", path="/x", at=0.0), receive, send).cut()
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert (b"content-length", b"1") in sent[0]["headers"]


async def test_headers_of_the_edge_go_with_every_answer() -> None:
    async with backend("edge: {cookies: true}") as simulated:
        replies = [await simulated.post(body()), await simulated.get("/wham/usage"), await simulated.get("/nowhere")]
    assert [reply.headers.get_list("set-cookie")[0].partition("=")[0] for reply in replies] == ["__cf_bm"] * 3
