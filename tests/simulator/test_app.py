"""The simulated services over HTTP: whom they let in, what they serve, refuse and remember."""

import hashlib
from typing import Any

import pytest
import zstandard

from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.app import SimulatedBackend
from tests.simulator.asking import USER, backend, body, events_of, output_of, text_of, token

LOOK = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}


async def test_it_answers_with_the_real_sequence_and_headers() -> None:
    async with backend() as simulated:
        reply = await simulated.post(body())
    events = events_of(reply.content)
    assert events[0]["type"] == "response.created"
    assert events[-1]["type"] == "response.completed"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert "hello there" in text_of(events)
    for name in ("x-codex-turn-state", "x-models-etag", "x-codex-primary-used-percent", "x-request-id"):
        assert reply.headers[name]
    assert reply.headers["openai-model"] == "gpt-5.4"


async def test_the_same_seed_says_the_same() -> None:
    answers: list[list[str]] = []
    for _ in range(2):
        async with backend(seed=7) as simulated:
            answers.append([item["id"] for item in output_of(await simulated.events(reasoning={"effort": "low"}))])
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("", 401), ("Bearer nonsense", 401), (f"Bearer {token(lasts_seconds=-1)}", 401), (f"Bearer {token()}", 200)],
)
async def test_only_a_valid_token_is_let_in(authorization: str, status: int) -> None:
    async with backend() as simulated:
        reply = await simulated.client.post("/codex/responses", json=body(), headers={"authorization": authorization})
    assert reply.status_code == status


async def test_an_expired_token_is_told_apart() -> None:
    async with backend() as simulated:
        headers = {"authorization": f"Bearer {token(lasts_seconds=-1)}"}
        reply = await simulated.client.get("/wham/usage", headers=headers)
    assert reply.json()["error"]["code"] == "token_expired"


async def test_a_token_of_another_account_is_refused() -> None:
    async with backend() as simulated:
        reply = await simulated.post(body(), chatgpt_account_id="x")
        assert reply.status_code == 200  # no such header name
        assert (await simulated.post(body(), **{"chatgpt-account-id": "other"})).status_code == 401


async def test_what_the_backend_refuses_it_refuses() -> None:
    async with backend() as simulated:
        refused = await simulated.post(body(store=True))
        assert (refused.status_code, refused.json()) == (400, {"detail": "Store must be set to false"})
        reply = await simulated.client.post(
            "/codex/responses", content=b"{", headers={"authorization": f"Bearer {token()}"}
        )
        assert reply.status_code == 400


async def test_a_compressed_body_is_read() -> None:
    async with backend() as simulated:
        packed = zstandard.compress(encode(body()))
        headers = {"authorization": f"Bearer {token()}", "content-encoding": "zstd"}
        reply = await simulated.client.post("/codex/responses", content=packed, headers=headers)
    assert "hello there" in text_of(events_of(reply.content))


async def test_a_tool_is_called_once_and_its_output_answered_with_its_digest() -> None:
    async with backend() as simulated:
        (call,) = output_of(await simulated.events(tools=[LOOK]))
        assert (call["type"], call["name"]) == ("function_call", "look")
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "forty-two"}
        known = {name: call[name] for name in ("type", "call_id", "name", "arguments")}
        events = await simulated.events(USER, known, output, tools=[LOOK])
    assert hashlib.sha256(b"forty-two").hexdigest() in text_of(events)


async def test_encrypted_reasoning_comes_back_to_its_own_account_only() -> None:
    async with backend() as simulated:
        thought = output_of(await simulated.events(reasoning={"effort": "low", "summary": "auto"}))[0]
        assert thought["type"] == "reasoning"
        item: dict[str, Any] = {"type": "reasoning", "summary": [], "encrypted_content": thought["encrypted_content"]}
        assert (await simulated.post(body(USER, item))).status_code == 200
        refused = await simulated.post(body(USER, item), account_id="other")
        assert refused.json()["error"]["code"] == "invalid_encrypted_content"


async def test_the_small_endpoints() -> None:
    headers = {"authorization": f"Bearer {token()}"}
    async with backend() as simulated:
        get = simulated.client.get
        models = await get("/codex/models?client_version=0.169.0", headers=headers)
        assert models.headers["etag"]
        assert "gpt-5.4" in [model["slug"] for model in models.json()["models"]]
        check = (await get("/wham/accounts/check", headers=headers)).json()
        assert check["accounts"][0]["id"] == check["default_account_id"] == "acc"
        assert str(simulated.client.base_url).startswith(check["accounts"][0]["workspace_backend_origin"] + "/")
        usage = (await get("/wham/usage", headers=headers)).json()
        assert usage["rate_limit"]["primary_window"]["limit_window_seconds"] == 18_000
        assert (await get("/wham/settings/user", headers=headers)).json() == {}
        assert (await get("/codex/responses", headers=headers)).status_code == 426
        assert (await simulated.client.head("/codex/responses")).status_code == 404
        assert (await get("/nowhere", headers=headers)).status_code == 404


async def test_a_free_plan_lacks_the_newest_model() -> None:
    async with backend() as simulated:
        headers = {"authorization": f"Bearer {token(plan='free')}"}
        reply = await simulated.client.post("/codex/responses", json=body(model="gpt-5.5"), headers=headers)
    assert reply.status_code == 400
    assert "not supported" in reply.json()["detail"]


async def test_a_free_plan_has_no_image_tool_and_is_not_told_so() -> None:
    asked = body(tools=[{"type": "image_generation", "partial_images": 1}])
    async with backend() as simulated:
        kinds = {
            plan: [
                item["type"]
                for item in output_of(
                    events_of((await simulated.post(asked, authorization=f"Bearer {token(plan=plan)}")).content)
                )
            ]
            for plan in ("plus", "free")
        }
    assert kinds == {"plus": ["image_generation_call", "message"], "free": ["message"]}


async def test_compaction_in_both_forms() -> None:
    async with backend() as simulated:
        headers = {"authorization": f"Bearer {token()}"}
        old = await simulated.client.post(
            "/codex/responses/compact", json={"model": "gpt-5.4", "input": [USER]}, headers=headers
        )
        assert [item["type"] for item in old.json()["output"]] == ["message", "compaction"]
        (new,) = output_of(await simulated.events(USER, {"type": "compaction_trigger"}))
        assert new["type"] == "compaction"
        assert (await simulated.post(body(USER, new))).status_code == 200


async def test_the_journal_keeps_what_came_without_tokens() -> None:
    async with backend() as simulated:
        await simulated.events()
        (entry,) = await simulated.journal()
        assert (entry["method"], entry["endpoint"], entry["account"], entry["status"]) == (
            "POST", "/codex/responses", "acc", 200,
        )  # fmt: skip
        assert entry["body"]["model"] == "gpt-5.4"
        assert "eyJ" not in str(entry)
        await simulated.client.post("/__journal/clear")
        assert await simulated.journal() == []


async def test_a_scenario_can_be_put_in_while_it_runs() -> None:
    async with backend() as simulated:
        put = await simulated.client.put("/__scenario", content="rules: [{steps: [{text: scripted}]}]")
        assert put.status_code == 200
        assert text_of(await simulated.events()) == "scripted"
        broken = await simulated.client.put("/__scenario", content="rules: [{stepz: []}]")
        assert (broken.status_code, "stepz" in broken.json()["error"]) == (400, True)
        assert text_of(await simulated.events()) == "scripted"


async def test_the_clock_can_be_moved_forward_and_never_back() -> None:
    async with backend() as simulated:
        before = (await simulated.client.get("/__clock")).json()["now"]
        assert await simulated.advance(3600) >= before + 3600
        for wrong in ({"advance_seconds": -1}, {"advance_seconds": "soon"}, {}, {"advance_seconds": 1, "by": 2}):
            assert (await simulated.client.post("/__clock", json=wrong)).status_code == 400
        assert (await simulated.client.get("/__clock")).json()["now"] < before + 7200


async def test_the_simulators_own_endpoints_are_not_in_the_journal() -> None:
    async with backend() as simulated:
        replies = [await simulated.client.get(path) for path in ("/__journal", "/__tokens", "/__ip", "/__nothing")]
        below_root = await simulated.client.get(f"{simulated.issuer}/__clock")
        assert await simulated.journal() == []
    assert [reply.status_code for reply in (*replies, below_root)] == [200, 200, 200, 404, 200]


@pytest.mark.parametrize(
    ("extensions", "told"),
    [
        ({}, ["websocket.close"]),
        ({"websocket.http.response": {}}, ["websocket.http.response.start", "websocket.http.response.body"]),
    ],
)
async def test_a_websocket_is_refused(extensions: dict[str, Any], told: list[str]) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/backend-api/codex/responses", "extensions": extensions}
    await SimulatedBackend(now=lambda: 0.0)(scope, receive, send)
    assert [message["type"] for message in sent] == told
    assert sent[0].get("status") in {None, 426}
