"""Exchanges over two accounts: what the client got, and in which state each account ended."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import msgspec
import pytest

from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Image, UrlSource
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.canonical.request import Dialect, Role, Sampling, Turn
from codex_proxy.canonical.tools import FunctionTool
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.exchange import Gateway
from codex_proxy.gateway.failover import RETRY_DELAYS_SECONDS
from codex_proxy.gateway.links.fetching import LinkedFile, NotFetched
from codex_proxy.gateway.ports import ExchangeRecord, Route, UpstreamReply
from codex_proxy.gateway.selection import QueuePolicy
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.unstreamed.compact import CompactClient
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import (
    COMPLETED,
    CREATED,
    NOW,
    Client,
    Scene,
    answering,
    breaking,
    delta,
    exchange,
    failed_inside,
    frame,
    refusing,
    stalling,
)
from tests.waiting import until

LIMIT = {"error": {"type": "usage_limit_reached", "message": "used up", "resets_in_seconds": 500}}
BROKEN = Failure(kind=FailureKind.DISCONNECTED, message="broken off")


async def test_an_answer_passes_and_is_recorded() -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    client, failure = await scene.ask()
    assert failure is None
    assert (client.text, client.ending) == ("hello", ev.Completed())
    assert client.facts is not None
    assert (client.facts.model, client.facts.account_row_id) == ("gpt-5.4", "a")
    (record,) = scene.records.all
    assert record.usage == Usage(input_tokens=3, output_tokens=2)
    assert [attempt.failure for attempt in record.attempts] == [None]
    assert scene.leases.used_count == 0


async def test_a_key_that_is_bound_to_an_account_is_served_by_no_other() -> None:
    scene = Scene()
    scene.transport.add(answering("1"), refusing(429, LIMIT), account_id="b")
    bound = msgspec.structs.replace(exchange(), bound_to="b")
    assert await scene.gateway.run(bound, Client()) is None
    for _ in range(2):
        failure = await scene.gateway.run(bound, Client())
        assert failure is not None
        assert (failure.kind, failure.retry_after_seconds) == (FailureKind.USAGE_LIMIT, 500)
    assert (scene.callers, scene.state("a")) == (["b", "b"], State.ACTIVE)


async def test_links_are_followed_before_an_account_is_asked() -> None:
    class Gone:
        async def fetch(self, url: str) -> LinkedFile:
            raise NotFetched(f"nobody has {url}")

    scene, link = Scene(), "https://a.invalid/cat"
    gateway = Gateway(replace(scene.parts, links=Gone))
    looked = Turn(role=Role.USER, blocks=(Image(source=UrlSource(url=link)),))
    failure = await gateway.run(exchange(turns=(looked,)), Client())
    assert failure is not None
    assert (failure.kind, link in failure.message) == (FailureKind.INVALID_REQUEST, True)
    assert (scene.callers, [record.failure for record in scene.records.all]) == ([], [failure])


@pytest.mark.parametrize(("dialect", "relayed"), [(Dialect.OPENAI_RESPONSES, True), (Dialect.ANTHROPIC, False)])
async def test_the_upstreams_frames_reach_clients_of_its_family_only(dialect: Dialect, *, relayed: bool) -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    client, _ = await scene.ask(dialect=dialect)
    assert (client.text, client.frames_count > 0) == ("hello", relayed)


async def test_a_limit_on_the_first_account_shows_the_client_only_the_seconds_answer() -> None:
    scene = Scene()
    scene.transport.add(refusing(429, LIMIT), account_id="a")
    scene.transport.add(answering("from b"), account_id="b")
    client, failure = await scene.ask()
    assert failure is None
    assert client.text == "from b"
    assert client.facts is not None
    assert client.facts.account_row_id == "b"
    assert (scene.state("a"), scene.state("b")) == (State.LIMITED, State.ACTIVE)
    assert scene.pool.verdicts(NOW)["a"].until == NOW + 500


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (refusing(401, {"detail": "Unauthorized"}), State.EXPIRED),
        (refusing(402, {"detail": {"code": "deactivated_workspace"}}), State.DEACTIVATED),
        (refusing(403, {"detail": "no"}), State.FORBIDDEN),
        (refusing(403, "x", cf_mitigated="challenge"), State.COOLING),
        (refusing(503, {"error": {"code": "server_is_overloaded", "message": "busy"}}), State.ACTIVE),
        (failed_inside("server_is_overloaded"), State.ACTIVE),
        (failed_inside("usage_limit_reached"), State.LIMITED),
        (breaking(BROKEN), State.ACTIVE),
        (ScriptedReply(body=(Piece(b"<html>garbage</html>"),)), State.ACTIVE),
        (ScriptedReply(body=(Piece(CREATED),)), State.ACTIVE),
        (
            ScriptedReply(refused=Failure(kind=FailureKind.TIMEOUT, message="m", sent=Sent.MAYBE_SENT)),
            State.ACTIVE,
        ),
    ],
)
async def test_a_failure_before_content_is_tried_on_the_next_account(reply: ScriptedReply, state: State) -> None:
    scene = Scene()
    scene.transport.add(reply, account_id="a")
    scene.transport.add(answering("from b"), account_id="b")
    client, failure = await scene.ask()
    assert (failure, client.text, client.ending) == (None, "from b", ev.Completed())
    assert (scene.state("a"), scene.state("b")) == (state, State.ACTIVE)
    assert scene.leases.used_count == 0


@pytest.mark.parametrize(
    "reply",
    [
        failed_inside("server_is_overloaded", delta("half")),
        breaking(BROKEN, delta("half")),
        ScriptedReply(body=(Piece(CREATED), Piece(delta("half")))),
    ],
)
async def test_q_19_a_failure_after_content_is_told_and_no_second_account_is_touched(reply: ScriptedReply) -> None:
    scene = Scene()
    scene.transport.add(reply, account_id="a")
    client, failure = await scene.ask()
    assert failure is None
    assert client.text == "half"
    assert isinstance(client.ending, ev.Failed)
    assert scene.callers == ["a"]
    assert scene.records.all[0].failure is not None


async def test_where_every_account_fails_the_client_hears_of_the_last_failure_and_all_tries() -> None:
    scene = Scene()
    scene.transport.add(refusing(429, LIMIT), refusing(429, LIMIT))
    client, failure = await scene.ask()
    assert client.events == []
    assert failure is not None
    assert failure.kind is FailureKind.USAGE_LIMIT
    assert failure.message == "used up (2 accounts tried: 2 usage limit)"
    assert failure.retry_after_seconds == 500


async def test_the_clients_own_fault_is_not_tried_elsewhere() -> None:
    scene = Scene()
    scene.transport.add(refusing(400, {"error": {"code": "context_length_exceeded", "message": "too long"}}))
    _, failure = await scene.ask()
    assert failure is not None
    assert failure.kind is FailureKind.CONTEXT_TOO_LONG
    assert scene.callers == ["a"]


async def test_b_09_a_refused_token_is_renewed_and_the_request_asked_again_before_another_account_is() -> None:
    scene = Scene(accounts="a")
    scene.renewals.left = {"a": ["newer"]}
    scene.transport.add(refusing(401, {"detail": "Unauthorized"}), answering("hello"))
    client, failure = await scene.ask()
    assert (client.text, failure, scene.callers) == ("hello", None, ["a", "a"])
    tokens = [dict(call.headers)["authorization"] for _, call in scene.transport.calls]
    assert tokens == ["Bearer token-a", "Bearer newer"]
    assert scene.state("a") is State.ACTIVE


async def test_a_token_that_is_refused_again_once_renewed_moves_the_request_on() -> None:
    scene = Scene()
    scene.renewals.left = {"a": ["newer", "newest"]}
    refused = refusing(401, {"detail": "Unauthorized"})
    scene.transport.add(refused, refused, answering("hello"))
    client, _ = await scene.ask()
    assert (client.text, scene.callers, scene.renewals.asked) == ("hello", ["a", "a", "b"], ["a"])


async def test_a_refused_token_that_cannot_be_renewed_moves_the_request_on() -> None:
    scene = Scene()
    scene.transport.add(refusing(401, {"detail": "Unauthorized"}), answering("hello"))
    client, _ = await scene.ask()
    assert (client.text, scene.callers, scene.renewals.asked) == ("hello", ["a", "b"], ["a"])


async def test_a_refusal_is_told_of_the_way_it_came_by() -> None:
    scene = Scene()
    scene.transport.add(refusing(403, {"error": {"code": "unsupported_country_region_territory"}}), answering("hello"))
    client, _ = await scene.ask()
    assert client.text == "hello"
    assert scene.egress.refusals == [("egress-a", FailureKind.REGION_BLOCKED)]
    assert scene.state("a") is State.ACTIVE


async def test_p_02_an_account_without_a_way_out_sends_nothing_and_names_its_egress() -> None:
    scene = Scene(accounts="a")
    scene.shut["a"] = Failure(
        kind=FailureKind.UNREACHABLE, message="the egress Home cannot be used: it is disabled", sent=Sent.NOTHING_SENT
    )
    _, failure = await scene.ask()
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureKind.UNREACHABLE, scene.shut["a"].message)
    assert (scene.callers, scene.leases.used_count) == ([], 0)
    assert scene.clock.now() == NOW


async def test_p_02_a_way_out_that_shuts_meanwhile_is_not_waited_for() -> None:
    down = Failure(kind=FailureKind.UNREACHABLE, message="the egress Home is down", sent=Sent.NOTHING_SENT)

    class Shutting(ScriptedTransport):
        """Whose second call shuts the way it wanted to take."""

        def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
            if self.calls:
                scene.shut[route.account_id] = down
            return super().open(call, route)

    scene = Scene(transport=Shutting())
    scene.transport.add(ScriptedReply(refused=down), ScriptedReply(refused=down), account_id="a")
    scene.transport.add(answering("hello"), account_id="b")
    client, _ = await scene.ask()
    assert (client.text, scene.callers) == ("hello", ["a", "a", "b"])
    assert scene.clock.now() == NOW + RETRY_DELAYS_SECONDS[0]


async def test_an_upstream_error_is_tried_again_on_the_same_account_first() -> None:
    scene = Scene()
    scene.transport.add(refusing(500, {}), answering("second try"), account_id="a")
    client, _ = await scene.ask()
    assert client.text == "second try"
    assert scene.callers == ["a", "a"]


async def test_a_refused_field_is_left_out_at_once_and_from_then_on() -> None:
    scene = Scene()
    refused = refusing(400, {"detail": "Unsupported parameter: prompt_cache_key"})
    scene.transport.add(refused, answering("one"), account_id="a")
    scene.transport.add(answering("two"), account_id="b")
    assert (await scene.ask(conversation="first"))[0].text == "one"
    assert (await scene.ask(conversation="second"))[0].text == "two"
    fields = ["prompt_cache_key" in call.sent_fields for _, call in scene.transport.calls]
    assert fields == [True, False, False]


async def test_a_whole_answer_is_handed_over_at_its_end() -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    client, failure = await scene.ask(stream=False)
    assert (failure, client.text, client.batches) == (None, "hello", 1)


async def test_a_whole_answer_that_breaks_half_way_is_asked_for_again() -> None:
    scene = Scene()
    scene.transport.add(breaking(BROKEN, delta("half")), account_id="a")
    scene.transport.add(answering("whole"), account_id="b")
    client, failure = await scene.ask(stream=False)
    assert (failure, client.text) == (None, "whole")


async def test_an_empty_answer_is_tried_again_and_in_the_end_still_an_answer() -> None:
    scene = Scene()
    empty = ScriptedReply(body=(Piece(CREATED), Piece(COMPLETED)))
    scene.transport.add(empty, account_id="a")
    scene.transport.add(empty, account_id="b")
    client, failure = await scene.ask()
    assert (client.text, scene.callers) == ("", ["a", "b"])
    assert failure is not None or client.ending == ev.Completed()


async def test_a_client_that_goes_away_cancels_the_upstream_and_frees_the_slot() -> None:
    scene = Scene()
    scene.transport.add(stalling(delta("half")))
    client = Client()
    asking = asyncio.ensure_future(scene.gateway.run(exchange(), client))
    await until(lambda: client.text)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [route.account_id for route in scene.transport.cancelled] == ["a"]
    assert scene.leases.used_count == 0
    (record,) = scene.records.all
    assert (record.aborted, record.failure) == (True, None)
    assert [attempt.account_row_id for attempt in record.attempts] == ["a"]
    assert record.usage == Usage(output_tokens=2, estimated=True)  # as far as it came


async def test_a_client_that_goes_away_before_headers_leaves_an_orphan_that_keeps_its_slot() -> None:
    scene = Scene()
    scene.transport.add(ScriptedReply(headers_after_seconds=0.02, body=(Piece(CREATED), Break())))
    asking = asyncio.ensure_future(scene.gateway.run(exchange(), Client()))
    await until(lambda: scene.transport.calls)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (len(scene.orphans), scene.leases.used_count) == (1, 1)
    await until(lambda: not scene.leases.used_count)
    assert [route.account_id for route in scene.transport.cancelled] == ["a"]


async def test_no_free_slot_is_said_after_a_bounded_wait() -> None:
    policy = ChoicePolicy(max_concurrent=1)
    scene = Scene(policy=policy, queue=QueuePolicy(timeout_seconds=0.01), accounts="a")
    held = scene.leases.try_acquire("a", 1)
    assert held is not None
    _, failure = await scene.ask()
    assert failure is not None
    assert failure.kind is FailureKind.BUSY
    assert scene.callers == []


async def test_a_waiter_is_not_handed_the_slot_of_an_account_that_has_just_refused() -> None:
    scene = Scene(policy=ChoicePolicy(max_concurrent=1), queue=QueuePolicy(timeout_seconds=5), accounts="a")
    scene.transport.add(refusing(429, LIMIT))
    first, second = asyncio.ensure_future(scene.ask()), asyncio.ensure_future(scene.ask())
    for _, failure in (await first, await second):
        assert failure is not None
        assert failure.kind is FailureKind.USAGE_LIMIT
    assert scene.callers == ["a"], "the second one knows already that it would be refused"
    assert scene.leases.used_count == 0


async def test_no_account_is_said_so() -> None:
    _, failure = await Scene(accounts="").ask()
    assert failure is not None
    assert failure.kind is FailureKind.NO_ACCOUNT


async def test_an_unknown_model_reaches_nobody() -> None:
    scene = Scene()
    _, failure = await scene.ask(model="llama-9")
    assert failure is not None
    assert (failure.kind, scene.callers) == (FailureKind.MODEL_NOT_FOUND, [])


async def test_a_conversation_stays_with_its_account_and_keeps_its_ids() -> None:
    scene = Scene()
    scene.transport.add(answering("1"), answering("2"), answering("3"))
    for _ in range(3):
        await scene.ask(conversation="c")
    assert scene.callers == ["a", "a", "a"]
    sessions = {dict(call.headers)["session-id"] for _, call in scene.transport.calls}
    assert len(sessions) == 1


async def test_a_conversation_without_an_id_is_known_by_its_beginning_to_its_own_key_only() -> None:
    scene = Scene()
    scene.transport.add(*[answering("x")] * 3)
    asked = exchange()
    for key_id in ("key", "key", "another"):
        await scene.gateway.run(msgspec.structs.replace(asked, client_key_id=key_id), Client())
    sessions = [dict(call.headers)["session-id"] for _, call in scene.transport.calls]
    assert sessions[0] == sessions[1] != sessions[2]
    assert scene.callers == ["a", "a", "b"]


async def test_a_compaction_takes_the_conversation_with_it() -> None:
    scene = Scene()
    item = {"type": "compaction", "id": "cmp_1", "encrypted_content": "sealed"}
    sealed = frame(type="response.output_item.done", output_index=0, item=item)
    short = LIMIT["error"] | {"resets_in_seconds": 30}
    scene.transport.add(answering("1"), refusing(429, {"error": short}), answering("3"), account_id="a")
    scene.transport.add(
        ScriptedReply(body=(Piece(CREATED), Piece(sealed), Piece(COMPLETED))), answering("4"), account_id="b"
    )
    await scene.ask(conversation="c")
    await scene.ask(conversation="c")
    scene.clock.time += 60
    client, _ = await scene.ask(conversation="c")
    assert client.text == "4"
    assert scene.callers == ["a", "a", "b", "b"]


async def test_another_kind_of_call_shares_accounts_and_conversations() -> None:
    scene = Scene()
    compacted = b'{"output": [{"type": "compaction", "encrypted_content": "sealed"}]}'
    scene.transport.add(answering("1"), ScriptedReply(body=(Piece(compacted),)))
    await scene.ask(conversation="c")
    compacting = scene.gateway.speaking(CompactClient())
    assert await compacting.run(exchange(conversation="c", stream=False), Client()) is None
    first, second = (call for _, call in scene.transport.calls)
    assert (first.path, second.path) == ("/codex/responses", "/codex/responses/compact")
    assert dict(first.headers)["session-id"] == dict(second.headers)["session-id"]
    assert [record.failure for record in scene.records.all] == [None, None]


async def test_ids_never_move_from_one_account_to_another() -> None:
    scene = Scene()
    scene.transport.add(refusing(429, LIMIT), account_id="a")
    scene.transport.add(answering("x"), account_id="b")
    await scene.ask(conversation="c")
    first, second = (dict(call.headers)["session-id"] for _, call in scene.transport.calls)
    assert first != second


async def test_a_stop_string_ends_the_answer_and_the_upstream() -> None:
    scene = Scene()
    scene.transport.add(stalling(delta("one STOP two")))
    client, failure = await scene.ask(sampling=Sampling(stop=("STOP",)))
    assert (failure, client.text) == (None, "one ")
    assert client.ending == ev.Completed(stop_sequence="STOP")
    assert scene.transport.cancelled


async def test_strict_translation_refuses_what_would_be_lost() -> None:
    scene = Scene(strict=True)
    open_schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    _, failure = await scene.ask(tools=(FunctionTool(name="look", parameters=open_schema, strict=True),))
    assert failure is not None
    assert failure.param == "tools.look.strict"
    assert scene.callers == []
    assert scene.leases.used_count == 0


async def test_an_observer_that_fails_does_not_fail_the_exchange() -> None:
    scene = Scene(observer=Failing())
    scene.transport.add(answering("hello"))
    client, failure = await scene.ask()
    assert (client.text, failure) == ("hello", None)
    assert scene.complaints == ["Failing: not today"]
    assert len(scene.records.all) == 1


class Failing:
    """An observer with a defect."""

    def finished(self, record: ExchangeRecord) -> None:
        raise ValueError("not today")
