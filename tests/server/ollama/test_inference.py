"""Chat and generate over a scripted upstream."""

import gzip
import json
from typing import Any

import pytest

from codex_proxy.protocols.ollama.schema import Endpoint
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.server.ollama.inference import OllamaInference
from codex_proxy.server.security import Caller
from tests.gateway.scene import Scene, answering, refusing
from tests.server.ollama.calling import Call, find_model, inference_parts

BRIDGE = Caller(key_id="ollama", scopes=frozenset({"inference"}))
CHAT = {"model": "gpt-5.4:latest", "messages": [{"role": "user", "content": "hi"}]}


async def ask(
    scene: Scene, body: Any, *, endpoint: Endpoint = Endpoint.CHAT, limit: int = 10_000, **headers: str
) -> Call:
    parts = inference_parts(scene, max_body_bytes=limit)
    call = Call(body, headers={name.replace("_", "-"): value for name, value in headers.items()})
    await OllamaInference(OllamaServer(endpoint), parts, caller=BRIDGE, find_model=find_model)(call.incoming())
    return call


def scene_of(*answers: Any) -> Scene:
    scene = Scene()
    for answer in answers:
        scene.transport.add(answer)
    return scene


async def test_a_chat_is_a_stream_of_lines() -> None:
    scene = scene_of(answering("hello"))
    call = await ask(scene, CHAT)
    assert (call.status, call.told["content-type"]) == (200, "application/x-ndjson")
    assert "".join(line["message"]["content"] for line in call.lines) == "hello"
    assert {line["model"] for line in call.lines} == {"gpt-5.4:latest"}
    assert (call.lines[-1]["done"], call.told["x-codex-proxy-model"]) == (True, "gpt-5.4")
    assert call.lines[-1]["total_duration"] > 0


async def test_a_whole_answer_is_one_object() -> None:
    call = await ask(scene_of(answering("hello")), CHAT | {"stream": False, "options": {"num_ctx": 5, "seed": 1}})
    assert call.json["message"]["content"] == "hello"
    assert call.told["content-type"] == "application/json"
    assert {"options", "seed"} <= {entry.partition(";")[0] for entry in call.told["x-codex-proxy-notes"].split(", ")}


async def test_a_prompt_is_answered() -> None:
    call = await ask(scene_of(answering("hello")), {"model": "gpt-5.4", "prompt": "hi"}, endpoint=Endpoint.GENERATE)
    assert "".join(line["response"] for line in call.lines) == "hello"


async def test_the_bridge_is_who_asks() -> None:
    scene = scene_of(answering("hello"))
    await ask(scene, CHAT, authorization="Bearer whatever")
    assert [record.client_key_id for record in scene.records.all] == ["ollama"]


async def test_a_packed_body_is_unpacked_once() -> None:
    packed = gzip.compress(json.dumps(CHAT).encode())
    call = await ask(scene_of(answering("hello")), packed, content_encoding="gzip", content_length=str(len(packed)))
    assert call.status == 200


@pytest.mark.parametrize(
    ("members", "reason"), [({"messages": []}, "load"), ({"messages": [], "keep_alive": 0}, "unload"), ({}, "load")]
)
async def test_a_model_is_loaded_by_saying_so(members: dict[str, Any], reason: str) -> None:
    call = await ask(Scene(), {"model": "gpt-5.4:latest"} | members)
    assert (call.status, call.told["content-type"]) == (200, "application/json")
    assert (call.json["done_reason"], call.json["model"]) == (reason, "gpt-5.4:latest")


async def test_an_unknown_model_cannot_be_loaded() -> None:
    call = await ask(Scene(), {"model": "nobody"}, endpoint=Endpoint.GENERATE)
    assert (call.status, call.json) == (404, {"error": "model 'nobody' not found: it is not available here"})


async def test_what_goes_wrong_before_the_stream_is_an_http_error_in_one_sentence() -> None:
    call = await ask(Scene(), CHAT | {"model": "nobody"})
    assert call.status == 404
    assert call.json["error"].startswith("model 'nobody' not found")
    call = await ask(Scene(), b"{")
    assert (call.status, "not valid JSON" in call.json["error"]) == (400, True)
    call = await ask(Scene(), CHAT | {"think": 5})
    assert (call.status, call.json) == (400, {"error": "think: expected a boolean or a level, got a number"})
    call = await ask(Scene(), CHAT, limit=20)
    assert (call.status, "exceeds the limit" in call.json["error"]) == (413, True)
    call = await ask(Scene(), {"model": "m", "prompt": "x", "width": 64}, endpoint=Endpoint.GENERATE)
    assert (call.status, call.json) == (501, {"error": "width: pictures are not generated here"})


async def test_a_refusal_of_the_upstream_keeps_its_words() -> None:
    call = await ask(scene_of(refusing(400, {"detail": "no such thing"})), CHAT)
    assert (call.status, call.json) == (400, {"error": "no such thing"})
