"""How answers are acted out: shapes, cuts, stalls and who left first."""

import asyncio

import httpx
import pytest

from codex_proxy.simulator.player import shaped
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
        async with asyncio.timeout(5):
            while not (await simulated.journal())[0]["left_early"]:
                pass


async def test_headers_may_be_slow_and_writes_apart() -> None:
    async with backend("rules: [{headers_after_ms: 30, gap_ms: 1, steps: [{text: a b}, {delay_ms: 1}]}]") as simulated:
        assert text_of(await simulated.events()) == "a b"


def test_no_bytes_have_no_shape() -> None:
    assert shaped(b"", "done") == b""
