"""What a key is told of itself."""

import json
from typing import Any

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.server.api.inference import FailureEncoder
from codex_proxy.server.client_keys.standing import OwnTermsEndpoint
from tests.server.api.test_status import ask


async def told(key_id: str) -> Any:
    return {"name": "one"}


async def nothing(key_id: str) -> Any:
    return None


async def broken(key_id: str) -> Any:
    raise StoreUnusable("the disk is full")


@pytest.mark.parametrize(
    ("tell", "status", "words"), [(told, 200, "one"), (nothing, 404, "not handed out"), (broken, 503, "looked up")]
)
async def test_a_key_hears_of_itself_or_why_not(tell: Any, status: int, words: str) -> None:
    answered, body = await ask(OwnTermsEndpoint(tell, FailureEncoder(ChatServer())))
    assert (answered, words in json.dumps(json.loads(body))) == (status, True)
