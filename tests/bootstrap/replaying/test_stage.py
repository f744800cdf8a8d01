"""A fresh gateway over a tape."""

import httpx
import pytest

from codex_proxy.bootstrap.replaying.stage import replay_stage
from codex_proxy.operations.capsules.capsule import AskedKey, AskedModel, CapsuleUnusable
from tests.operations.capsules.samples import QUESTION, asked_key, attempts, call, capsule, vendor_call

REFUSED = '{"error":{"message":"not like that","type":"invalid_request_error"}}'


async def test_it_asks_the_tape_and_nobody_else() -> None:
    played = capsule(call(REFUSED, status=400), config={"model.default": "gpt-5.4-mini", "tls.proxy_url": "http://e"})
    async with replay_stage(played) as stage:
        headers = {"authorization": f"Bearer {stage.inference_key}", "content-type": "application/json"}
        async with httpx.AsyncClient(base_url=stage.url) as http:
            reply = await http.post(stage.wanted.target, content=QUESTION, headers=headers)
    assert (reply.status_code, reply.json()["error"]["message"]) == (400, "not like that")


async def test_a_vendor_is_where_its_key_leads() -> None:
    key = asked_key(vendor="custom", name="mine", profile={"quirks": {"refuses": ["seed"]}})
    played = capsule(vendor_call(REFUSED, status=400), record=attempts("k1"), vendor_keys=[key])
    async with replay_stage(played) as stage:
        headers = {"authorization": f"Bearer {stage.inference_key}", "content-type": "application/json"}
        async with httpx.AsyncClient(base_url=stage.url) as http:
            reply = await http.post(
                stage.wanted.target, content=QUESTION.replace("gpt-5.4", "mine:acme-1"), headers=headers
            )
        assert stage.path_of("http://127.0.0.1:1/vendors/0/chat/completions?x=1") == "/chat/completions?x=1"
    assert (reply.status_code, reply.json()["error"]["message"]) == (400, "not like that")


@pytest.mark.parametrize(
    "key",
    [
        asked_key(wire="semaphore"),
        asked_key(name="no name"),
        asked_key(name="mine", profile={"quirks": {"unheard_of": 1}}),
        asked_key(models=[AskedModel(id="m", capabilities=["magic"])]),
    ],
)
async def test_vendors_that_are_none_are_the_capsules_fault(key: AskedKey) -> None:
    with pytest.raises(CapsuleUnusable):
        async with replay_stage(capsule(vendor_call(), record=attempts("k1"), vendor_keys=[key])):
            pass


async def test_settings_that_are_none_are_the_capsules_fault() -> None:
    with pytest.raises(CapsuleUnusable, match=r"model\.default"):
        async with replay_stage(capsule(call(), config={"model.default": [1]})):
            pass
