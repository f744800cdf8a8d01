"""Vendor keys as an upstream of exchanges."""

import json

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.exchange import ExchangeInput
from codex_proxy.gateway.prepare import Prepared
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.codex.unstreamed.compact import CompactClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply
from codex_proxy.vendors.key import KeyStatus
from codex_proxy.vendors.profile import Wire
from tests.gateway.scene import answering, refusing
from tests.gateway.upstreams.vendor_scene import SECRET, VendorScene, chat_answer, chat_stream, key, question

ANTHROPIC_QUESTION = {
    "model": "acme-1",
    "max_tokens": 100,
    "stream": True,
    "messages": [{"role": "user", "content": "hi"}],
}


# -------------------------------------------------------------------------------------------------------- passing on


async def test_a_client_of_the_vendors_dialect_has_its_own_body_sent_and_reads_the_vendors_bytes() -> None:
    scene = VendorScene(key("k"))
    scene.transport.add(chat_answer("hello"))
    body = (
        b'{ "model":"mine", "stream":true, "stream_options":{"include_usage":true},\n'
        b' "messages":[{"role":"user","content":"hi"}], "unknown": 1.50 }'
    )
    client, failure = await scene.post(body)
    assert failure is None
    assert client.passed == chat_stream("hello")
    route, call = scene.transport.calls[0]
    assert call.body == body.replace(b'"mine"', b'"acme-1"')
    assert (route.account_id, dict(call.headers)["authorization"]) == ("k", f"Bearer {SECRET}k")
    assert client.facts is not None
    assert (client.facts.vendor, client.facts.model) == ("acme", "acme-1")


async def test_what_is_passed_on_is_counted() -> None:
    scene = VendorScene(key("k"))
    scene.transport.add(chat_answer("hello"))
    await scene.post(question())
    record = scene.records.all[0]
    assert record.usage is not None
    assert (record.usage.output_tokens, record.attempts[0].vendor, record.model_used) == (2, "acme", "acme-1")


async def test_counts_nobody_asked_for_are_asked_for_and_kept_back() -> None:
    scene = VendorScene(key("k"))
    scene.transport.add(chat_answer("hello"))
    client, _ = await scene.post(question())
    assert scene.sent()["stream_options"] == {"include_usage": True}
    assert b'"usage"' not in client.passed
    assert client.passed.endswith(b"data: [DONE]\n\n")


async def test_an_effort_in_the_models_name_is_written_into_a_body_of_ours() -> None:
    scene = VendorScene(key("k"))
    scene.transport.add(chat_answer("hello"))
    client, _ = await scene.post(question("acme-1-high"))
    assert (scene.sent()["model"], scene.sent()["reasoning_effort"]) == ("acme-1", "high")
    assert (client.passed, client.text) == (b"", "hello")


async def test_thoughts_of_another_upstream_are_taken_out_of_a_clients_body() -> None:
    scene = VendorScene(key("k", wire=Wire.ANTHROPIC))
    sealed = {"type": "thinking", "thinking": "t", "signature": "cpx1.eyJvIjoicmVzcG9uc2VzIn0.gAAAAsecret"}
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [sealed, {"type": "text", "text": "a"}]},
        {"role": "user", "content": "and?"},
    ]
    scene.transport.add(refusing(500, {}))
    await scene.post(ANTHROPIC_QUESTION | {"messages": messages}, AnthropicServer())
    assert "thinking" not in json.dumps(scene.sent()["messages"])


async def test_a_client_of_another_dialect_has_its_request_written_anew() -> None:
    scene = VendorScene(key("k"))
    scene.transport.add(chat_answer("hello"))
    client, failure = await scene.post(ANTHROPIC_QUESTION, AnthropicServer())
    assert (failure, client.text, client.passed) == (None, "hello", b"")
    assert scene.sent()["messages"] == [{"role": "user", "content": "hi"}]


async def test_an_unstreamed_answer_is_passed_on_whole() -> None:
    scene = VendorScene(key("k"))
    body = b'{"id":"c", "choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}'
    scene.transport.add(ScriptedReply(headers={"content-type": "application/json"}, body=(Piece(body),)))
    client, failure = await scene.post(question(stream=False))
    assert (failure, client.passed) == (None, body)


@pytest.mark.parametrize("strict", [False, True])
async def test_what_only_a_translation_would_lose_is_no_matter_where_the_body_is_passed_on(*, strict: bool) -> None:
    scene = VendorScene(key("k"), strict=strict)
    scene.transport.add(chat_answer("hello"))
    client, failure = await scene.post(question(logprobs=True, seed=7))
    assert (failure, client.text, scene.sent()["logprobs"]) == (None, "hello", True)
    assert client.facts is not None
    assert (client.facts.notes, scene.records.all[0].notes) == ((), ())


async def test_what_a_translation_loses_is_noted_and_refused_by_strict() -> None:
    scene = VendorScene(key("k", wire=Wire.ANTHROPIC))
    scene.transport.add(refusing(500, {}))
    await scene.post(question(logprobs=True))
    assert "logprobs" in {note.path for note in scene.records.all[0].notes}
    scene = VendorScene(key("k", wire=Wire.ANTHROPIC), strict=True)
    _, failure = await scene.post(question(logprobs=True))
    assert failure is not None
    assert (failure.kind, failure.param, scene.transport.calls) == (FailureKind.INVALID_REQUEST, "logprobs", [])


async def test_what_is_answered_without_asking_anybody_is_refused_by_strict_all_the_same() -> None:
    parsed = ChatServer().parse_request(json.dumps(question(logprobs=True)).encode(), headers={})
    asked = ExchangeInput(request=parsed.request, request_id="req", client_key_id="key", notes=parsed.notes)
    assert isinstance(VendorScene(key("k")).gateway.prepare(asked), Prepared)
    refused = VendorScene(key("k"), strict=True).gateway.prepare(asked)
    assert isinstance(refused, Failure)
    assert refused.param == "logprobs"


async def test_strict_refuses_where_the_next_key_would_need_a_translation() -> None:
    scene = VendorScene(key("a"), key("b", wire=Wire.ANTHROPIC), strict=True)
    scene.transport.add(refusing(500, {}))
    _, failure = await scene.post(question(logprobs=True))
    assert failure is not None
    assert (failure.param, scene.callers) == ("logprobs", ["a"])


async def test_stored_answers_are_the_vendors_business_where_it_knows_them() -> None:
    body = {"model": "acme-1", "input": "hi", "stream": True, "previous_response_id": "resp_1"}
    scene = VendorScene(key("k", wire=Wire.RESPONSES))
    scene.transport.add(answering("hello"))
    _, failure = await scene.post(body, ResponsesServer())
    assert (failure, scene.sent()["previous_response_id"]) == (None, "resp_1")
    scene = VendorScene(key("k", wire=Wire.CHAT))
    _, failure = await scene.post(body, ResponsesServer())
    assert failure is not None
    assert (failure.kind, scene.transport.calls) == (FailureKind.PREVIOUS_RESPONSE_NOT_FOUND, [])


# ---------------------------------------------------------------------------------------------------------- failover


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500, 503])
async def test_another_key_answers_where_the_first_is_refused(status: int) -> None:
    scene = VendorScene(key("a"), key("b"))
    scene.transport.add(refusing(status, {"error": {"message": "no"}}), chat_answer("from b"))
    client, failure = await scene.post(question())
    assert (failure, client.passed) == (
        None,
        chat_stream("from b").replace(chat_stream("x").split(b"\n\n")[2] + b"\n\n", b""),
    )
    assert scene.callers == ["a", "b"]


async def test_another_key_answers_where_the_first_breaks_off_before_content() -> None:
    scene = VendorScene(key("a"), key("b"))
    scene.transport.add(ScriptedReply(body=(Break(),)), chat_answer("from b"))
    _, failure = await scene.post(question())
    assert (failure, scene.callers) == (None, ["a", "b"])


@pytest.mark.parametrize("status", [401, 402, 403, 404, 429, 500, 503])
async def test_the_only_keys_error_keeps_its_status_and_words_but_not_the_key(status: int) -> None:
    scene = VendorScene(key("a"))
    scene.transport.add(refusing(status, {"error": {"message": f"bad key {SECRET}a here"}}, retry_after="7"))
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.status, failure.vendor, failure.message) == (status, "acme", "bad key *** here")


@pytest.mark.parametrize(
    ("status", "seconds"),
    [(429, 5.0), (503, 5.0), (401, None), (400, None)],
)
async def test_a_vendor_that_names_no_wait_is_waited_for_as_long_as_its_key_rests(
    status: int, seconds: float | None
) -> None:
    scene = VendorScene(key("a"))
    scene.transport.add(refusing(status, {"error": {"message": "slow"}}))
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.status, failure.retry_after_seconds) == (status, seconds)


async def test_s_17_a_refused_key_is_not_asked_again_and_a_limited_one_not_before_its_time() -> None:
    scene = VendorScene(key("a"))
    scene.transport.add(refusing(429, {"error": {"message": "slow"}}, retry_after="7"))
    await scene.post(question())
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.kind, failure.retry_after_seconds, len(scene.transport.calls)) == (FailureKind.RATE_LIMITED, 7.0, 1)
    scene.clock.time += 8
    scene.transport.add(refusing(401, {"error": {"message": "bad"}}))
    await scene.post(question())
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.kind, len(scene.transport.calls)) == (FailureKind.NO_ACCOUNT, 2)
    found = scene.keys.find("a")
    assert found is not None
    assert found.status is KeyStatus.ERROR


async def test_after_content_nobody_else_is_asked() -> None:
    scene = VendorScene(key("a"), key("b"))
    scene.transport.add(ScriptedReply(body=(Piece(chat_stream("half").split(b"\n\n")[0] + b"\n\n"), Break())))
    client, failure = await scene.post(question())
    assert (failure, scene.callers) == (None, ["a"])
    assert isinstance(client.ending, ev.Failed)


async def test_a_way_out_that_is_shut_is_told_and_nobody_is_asked() -> None:
    scene = VendorScene(key("a"))
    scene.shut_keys["a"] = Failure(kind=FailureKind.UNREACHABLE, message="egress paris is down", sent=Sent.NOTHING_SENT)
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.message, scene.transport.calls) == ("egress paris is down", [])


async def test_what_a_vendor_says_of_a_country_is_nothing_to_the_accounts() -> None:
    scene = VendorScene(key("a"))
    scene.transport.add(refusing(403, {"error": {"code": "unsupported_country_region_territory"}}))
    await scene.post(question())
    assert scene.egress.refusals == []


# -------------------------------------------------------------------------------------------------------- next routes


async def test_the_owners_next_route_answers_where_no_key_can() -> None:
    scene = VendorScene(key("a"), next_routes={"acme-1": ("gpt-5.4",)})
    scene.transport.add(refusing(500, {}), account_id="a")
    scene.transport.add(answering("from an account"))
    client, failure = await scene.post(question())
    assert (failure, client.text) == (None, "from an account")
    assert [attempt.vendor for attempt in scene.records.all[0].attempts] == ["acme", None]


async def test_from_the_accounts_to_a_vendor_as_well() -> None:
    scene = VendorScene(key("k"), next_routes={"gpt-5.4": ("mine",)})
    scene.transport.add(*[refusing(429, {"error": {"type": "usage_limit_reached"}}) for _ in "ab"])
    scene.transport.add(chat_answer("from a vendor"), account_id="k")
    client, failure = await scene.post(question("gpt-5.4"))
    assert failure is None
    assert b"from a vendor" in client.passed
    assert scene.sent(2)["model"] == "acme-1"


async def test_where_no_route_answers_the_first_failure_is_told() -> None:
    scene = VendorScene(key("a"), next_routes={"acme-1": ("nobody-has-this",)})
    scene.transport.add(refusing(500, {"error": {"message": "broken"}}))
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.status, failure.message) == (500, "broken")


async def test_what_is_the_clients_fault_is_not_tried_elsewhere() -> None:
    scene = VendorScene(key("a"), key("b"), next_routes={"acme-1": ("gpt-5.4",)})
    scene.transport.add(refusing(400, {"error": {"message": "bad", "param": "messages"}}))
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.kind, scene.callers) == (FailureKind.INVALID_REQUEST, ["a"])


async def test_a_key_of_an_account_reaches_no_vendor() -> None:
    scene = VendorScene(key("a"))
    _, failure = await scene.post(question(), bound_to="some-account")
    assert failure is not None
    assert (failure.kind, scene.transport.calls) == (FailureKind.NOT_PERMITTED, [])


async def test_an_endpoint_of_the_accounts_alone_says_so() -> None:
    scene = VendorScene(key("a"))
    scene.gateway = scene.gateway.speaking(CompactClient())
    _, failure = await scene.post(question())
    assert failure is not None
    assert (failure.kind, "ChatGPT accounts only" in failure.message) == (FailureKind.MODEL_NOT_FOUND, True)
