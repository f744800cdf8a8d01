"""A fresh gateway over a tape."""

import httpx
import pytest

from codex_proxy.bootstrap.replaying.stage import replay_stage
from codex_proxy.operations.capsules.capsule import CapsuleUnusable
from tests.operations.capsules.samples import QUESTION, call, capsule

REFUSED = '{"error":{"message":"not like that","type":"invalid_request_error"}}'


async def test_it_asks_the_tape_and_nobody_else() -> None:
    played = capsule(call(REFUSED, status=400), config={"model.default": "gpt-5.4-mini", "tls.proxy_url": "http://e"})
    async with replay_stage(played) as stage:
        headers = {"authorization": f"Bearer {stage.inference_key}", "content-type": "application/json"}
        async with httpx.AsyncClient(base_url=stage.url) as http:
            reply = await http.post(stage.wanted.target, content=QUESTION, headers=headers)
            shown = await http.get("/admin/logs", headers={"authorization": f"Bearer {stage.admin_key}"})
    assert (reply.status_code, reply.json()["error"]["message"]) == (400, "not like that")
    assert shown.status_code == 200


async def test_settings_that_are_none_are_the_capsules_fault() -> None:
    with pytest.raises(CapsuleUnusable, match=r"model\.default"):
        async with replay_stage(capsule(call(), config={"model.default": [1]})):
            pass
