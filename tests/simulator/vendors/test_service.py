"""Vendors over HTTP: whom they let in, whose rule answers, and raw bytes."""

import base64
from typing import Any

import httpx
import pytest

from codex_proxy.simulator.incoming import read_incoming
from codex_proxy.simulator.sections.vendors import RawAnswer, VendorRule, VendorSettings, Wire
from codex_proxy.simulator.vendors.lookups import USUAL_MODELS
from codex_proxy.simulator.vendors.service import SimulatedVendors
from tests.simulator.vendors.asking import HEADERS, KEY, MODEL, question, vendors

WIRES = list(Wire)
OTHER = "sk-another"


@pytest.mark.parametrize("wire", WIRES)
async def test_without_a_scenario_there_is_one_vendor_for_each_dialect(wire: Wire) -> None:
    async with vendors() as stage:
        assert "You said: hello" in (await stage.ask(wire)).text
        other = Wire.CHAT if wire is not Wire.CHAT else Wire.GEMINI
        assert (await stage.ask(other, vendor=wire.value)).status_code == 404
        listed = await stage.get(f"{wire.value}/v1/models", wire=wire)
        assert all(name in listed.text for name in USUAL_MODELS)
        nobody = await stage.ask(wire, vendor="nobody")
        assert (nobody.status_code, "nobody" in nobody.text) == (404, True)


@pytest.mark.parametrize("wire", WIRES)
async def test_only_a_known_key_is_let_in_and_only_where_the_dialect_shows_it(wire: Wire) -> None:
    path, body = question(wire)
    async with vendors(f"vendors: {{acme: {{keys: [{KEY}]}}, open: {{needs_key: false}}}}") as stage:
        url = stage.root("acme") + path
        statuses = [
            (await stage.client.post(url, json=body, headers=headers)).status_code
            for headers in (HEADERS[wire], {name: v.replace(KEY, OTHER) for name, v in HEADERS[wire].items()}, {})
        ]
        assert statuses == [200, 401, 401]
        in_query = await stage.client.post(url, params={"key": KEY}, json=body)
        assert in_query.status_code == 401
        assert (await stage.client.post(stage.root("open") + path, json=body)).status_code == 200


@pytest.mark.parametrize("wire", WIRES)
async def test_a_rule_by_key_and_call(wire: Wire) -> None:
    rules = f"""
vendors:
  acme:
    rules:
      - {{name: first, when: {{key: {KEY}, request: 1}}, refusal: {{status: 429, retry_after_seconds: 2}}}}
      - {{name: second, when: {{request: 2}}, steps: [{{text: again}}]}}
      - {{name: streamed, when: {{stream: true}}, steps: [{{text: flowing}}]}}
"""
    async with vendors(rules) as stage:
        refused, again, plain = [await stage.ask(wire, vendor="acme") for _ in range(3)]
        streamed = await stage.ask(wire, vendor="acme", stream=True)
        calls = await stage.calls()
    assert (refused.status_code, "again" in again.text, "You said" in plain.text) == (429, True, True)
    assert "flowing" in streamed.text
    assert [call["rule"] for call in calls] == ["first", "second", None, "streamed"]


async def test_a_refusal_answers_everything_and_words_only_what_a_model_answers() -> None:
    scenario = "vendors: {acme: {rules: [{steps: [{text: words}]}]}, shut: {rules: [{refusal: {status: 503}}]}}"
    async with vendors(scenario) as stage:
        for path in ("v1/embeddings", "v1/images/generations"):
            body = {"model": MODEL, "input": "x", "prompt": "x"}
            assert "words" not in (await stage.post(f"acme/{path}", json=body)).text
            assert (await stage.post(f"shut/{path}", json=body)).status_code == 503
        assert (await stage.get("acme/v1/models")).status_code == 200
        assert (await stage.get("shut/v1/models")).status_code == 503


async def test_an_endpoint_of_its_own_can_be_answered_by_a_rule() -> None:
    scenario = """
vendors:
  acme:
    rules:
      - {when: {endpoint: embeddings}, reply: {status: 200, body: {model: "{{ model }}"}}}
      - {when: {endpoint: models}, raw: {status: 206, headers: {x-a: b, Content-Length: "999"}, body: half}}
      - {when: {endpoint: audio/speech}, drop: true}
      - {when: {endpoint: images/generations}, steps: [{error: {code: server_error, message: no picture}}]}
"""
    async with vendors(scenario) as stage:
        assert (await stage.post("acme/v1/embeddings", json={"model": "m", "input": "x"})).json() == {"model": "m"}
        raw = await stage.get("acme/v1/models")
        assert (raw.status_code, raw.headers["x-a"], raw.text) == (206, "b", "half")
        with pytest.raises(httpx.RemoteProtocolError):
            await stage.post("acme/v1/audio/speech", json={"input": "x"})
        picture = await stage.post("acme/v1/images/generations", json={"prompt": "x"})
        assert (picture.status_code, "no picture" in picture.text) == (500, True)


async def test_recorded_answers_leave_byte_for_byte_whatever_was_asked() -> None:
    pieces = [b"data: \xff\x00 no JSON\n", b"\ndata: [DONE]", b"\n\n"]
    chunks = [base64.b64encode(piece).decode() for piece in pieces]
    raw = f"{{status: 203, headers: {{Content-Type: text/event-stream}}, chunks: {chunks}, gap_ms: 1}}"
    async with vendors(f"vendors: {{acme: {{rules: [{{raw: {raw}}}]}}}}") as stage:
        replies = [await stage.ask(wire, vendor="acme", stream=stream) for wire in Wire for stream in (False, True)]
        calls = await stage.calls()
    for reply, call in zip(replies, calls, strict=True):
        assert (reply.status_code, reply.headers["content-type"]) == (203, "text/event-stream")
        assert reply.content == call["answered"] == b"".join(pieces)
        assert call["ended"]


async def test_each_piece_of_a_recorded_answer_leaves_by_itself() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    settings = VendorSettings(rules=[VendorRule(raw=RawAnswer(chunks=[b"da", b"ta: 1\n", b"\n"]))])
    service = SimulatedVendors(now=lambda: 0.0, vendors=lambda: {"acme": settings}, seed=0)
    incoming = await read_incoming(
        {
            "method": "POST",
            "path": "/vendors/acme/v1/chat/completions",
            "query_string": b"",
            "headers": [(b"authorization", b"Bearer k")],
        },
        receive,
    )
    await service.serve(incoming, receive, send)
    bodies = [message["body"] for message in sent if message["type"] == "http.response.body"]
    assert bodies == [b"da", b"ta: 1\n", b"\n", b""]


async def test_recorded_answers_need_no_request_that_can_be_read() -> None:
    async with vendors("vendors: {acme: {rules: [{raw: {body: fine}}]}}") as stage:
        reply = await stage.post("acme/v1/chat/completions", content=b"nonsense")
        assert (reply.status_code, reply.text) == (200, "fine")
    async with vendors() as stage:
        assert (await stage.post("chat/v1/chat/completions", content=b"nonsense")).status_code == 400


async def test_a_recorded_answer_can_break_off() -> None:
    async with vendors("vendors: {acme: {rules: [{raw: {body: half, cut: true}}]}}") as stage:
        with pytest.raises(httpx.RemoteProtocolError):
            await stage.ask(Wire.CHAT, vendor="acme")
        (call,) = await stage.calls()
    assert (call["answered"], call["ended"]) == (b"half", False)


async def test_a_model_that_is_not_listed_is_not_found() -> None:
    async with vendors("vendors: {acme: {models: [m-2]}}") as stage:
        for wire in Wire:
            assert (await stage.ask(wire, vendor="acme")).status_code == 404
        assert (await stage.ask(Wire.CHAT, vendor="acme", model="m-2")).status_code == 200


async def test_sound_and_pictures_come_as_forms() -> None:
    sound = {"file": ("a.wav", b"RIFF")}
    async with vendors() as stage:
        heard = await stage.post("chat/v1/audio/transcriptions", data={"model": "m"}, files=sound)
        assert "4 bytes" in heard.json()["text"]
        missing = await stage.post("chat/v1/audio/transcriptions", json={"model": "m"})
        assert (missing.status_code, missing.json()["error"]["type"]) == (400, "invalid_request_error")
        said = await stage.post("responses/v1/audio/speech", json={"input": "hello", "response_format": "wav"})
        assert (said.headers["content-type"], said.content[:4]) == ("audio/wav", b"RIFF")
        picture = await stage.post("chat/v1/images/generations", json={"prompt": "a cat"})
        form: dict[str, Any] = {"image": ("a.png", base64.b64decode(picture.json()["data"][0]["b64_json"]))}
        edited = await stage.post("chat/v1/images/edits", data={"prompt": "a dog"}, files=form)
        assert edited.json()["data"][0]["b64_json"] != picture.json()["data"][0]["b64_json"]


async def test_another_scenario_while_it_runs() -> None:
    async with vendors() as stage:
        scenario = "vendors: {acme: {rules: [{steps: [{text: new}]}]}}"
        assert (await stage.client.put(f"{stage.backend}/__scenario", content=scenario)).status_code == 200
        assert "new" in (await stage.ask(Wire.CHAT, vendor="acme")).text
        assert (await stage.ask(Wire.CHAT)).status_code == 404
        assert (await stage.client.get(f"{stage.backend}/__journal")).json()["entries"] == []
