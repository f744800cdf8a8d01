"""Exchanges are admitted before anything is asked, and settled however they end."""

import asyncio
from dataclasses import replace

import msgspec

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.gateway.admission.ports import OPEN
from codex_proxy.gateway.exchange import Gateway
from tests.gateway.admission.stage import REFUSED, Doorkeeper
from tests.gateway.scene import Client, Scene, answering, delta, exchange, refusing, stalling
from tests.waiting import until


def guarded(door: Doorkeeper, *next_routes: str) -> Scene:
    scene = Scene()
    scene.gateway = Gateway(replace(scene.parts, admission=door, next_routes=lambda _: next_routes))
    return scene


def test_without_a_doorkeeper_everybody_may() -> None:
    assert OPEN.gate_of("key") is None


async def test_an_exchange_is_admitted_settled_and_told_of_its_limits() -> None:
    door = Doorkeeper()
    scene = guarded(door)
    scene.transport.add(answering("hello"))
    client, failure = await scene.ask(model="gpt-5.5-high")
    assert (failure, client.text) == (None, "hello")
    assert client.facts is not None
    assert client.facts.limits == door.headers
    (wish,), (record,) = door.wishes, door.settled
    assert (wish.asked, wish.model, wish.vendor, wish.heeds_limit) == ("gpt-5.5-high", "gpt-5.5", None, False)
    assert record == scene.records.all[0]
    assert record.usage is not None
    assert record.usage.total_tokens == 5


async def test_whoever_is_refused_costs_the_accounts_nothing() -> None:
    scene = guarded(Doorkeeper(closed=True), "gpt-5.4")
    _, failure = await scene.ask()
    assert (failure, scene.callers) == (REFUSED, [])
    assert scene.records.all[0].failure == REFUSED


async def test_keys_without_terms_are_not_asked_about() -> None:
    door = Doorkeeper(closed=True)
    scene = guarded(door)
    scene.transport.add(answering("hello"))
    client = Client()
    assert await scene.gateway.run(msgspec.structs.replace(exchange(), client_key_id="other"), client) is None
    assert (client.text, door.wishes, door.settled) == ("hello", [], [])


async def test_s_13_a_route_that_is_asked_instead_is_no_way_round_the_models() -> None:
    door = Doorkeeper(forbidden="gpt-5.5")
    scene = guarded(door, "gpt-5.5", "gpt-5.4-mini")
    scene.transport.add(refusing(503, {"error": {"code": "server_is_overloaded"}}))
    scene.transport.add(refusing(503, {"error": {"code": "server_is_overloaded"}}))
    scene.transport.add(answering("small"))
    client, failure = await scene.ask()
    assert failure is not None or client.text == "small"
    assert all(b"gpt-5.5" not in call.body for _, call in scene.transport.calls)
    assert len(door.settled) == 1


async def test_a_client_that_leaves_settles_with_what_it_was_given() -> None:
    door = Doorkeeper()
    scene = guarded(door)
    scene.transport.add(stalling(delta("first")))
    client = Client()
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(scene.gateway.run(exchange(), client))
        await until(lambda: client.text == "first")
        asking.cancel()
    (record,) = door.settled
    assert record.aborted
    assert record.usage is not None
    assert record.usage.estimated


async def test_a_name_that_leads_nowhere_is_told_so() -> None:
    door = Doorkeeper()
    _, failure = await guarded(door).ask(model="nobodys")
    assert failure is not None
    assert failure.kind is FailureKind.MODEL_NOT_FOUND
    assert [wish.model for wish in door.wishes] == [None]
    assert len(door.settled) == 1
