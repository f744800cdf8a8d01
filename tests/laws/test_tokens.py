"""A thought's token comes back as it went out: whose it is, and whether it is all that there is of the thought.

Whatever dialect the client speaks, it hands the token back without looking into it, and perhaps to another upstream.
"""

from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, Thinking
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import Request
from tests.laws.dialects import ANTHROPIC, CHAT, GEMINI, IDS, RESPONSES, Spoken

TOKENS = [
    Thinking(signature="EuwJ", origin="anthropic"),
    Thinking(signature="RXV3Sg==", origin="anthropic", redacted=True),
    Thinking(signature="Q2lr", origin="gemini"),
    Thinking(signature="EuwJ", origin="openai_chat"),
    Thinking(signature="gAAAAx", item_id="rs_1"),
]
ASKED: dict[str, dict[str, Any]] = {
    CHAT.name: {"include_reasoning_details": True},
    RESPONSES.name: {"include": ["reasoning.encrypted_content"]},
    GEMINI.name: {},
    ANTHROPIC.name: {},
}


def body_of(spoken: Spoken, body: JsonObject) -> Request:
    """The client's next request."""
    whole = spoken.body | ASKED[spoken.name] | body
    return spoken.server.parse_request(msgspec.json.encode(whole), headers={}).request


def returned(spoken: Spoken, answer: JsonObject) -> JsonObject:
    """What of an answer the client sends back."""
    match spoken.name:
        case CHAT.name:
            return {"messages": [answer["choices"][0]["message"]]}
        case RESPONSES.name:
            return {"input": answer["output"]}
        case GEMINI.name:
            return {"contents": [answer["candidates"][0]["content"]]}
    return {"messages": [{"role": "assistant", "content": answer["content"]}]}


@pytest.mark.parametrize("thought", TOKENS, ids=lambda thought: f"{thought.origin}{' redacted' * thought.redacted}")
@pytest.mark.parametrize("spoken", [CHAT, RESPONSES, GEMINI, ANTHROPIC], ids=lambda spoken: spoken.name)
def test_a_token_comes_back_as_it_went(spoken: Spoken, thought: Thinking) -> None:
    answer = fold(
        [
            ev.ResponseStarted(response_id="r", model="m", created_at=1),
            ev.ThinkingStarted(block=0, item_id=thought.item_id),
            ev.ThinkingEnded(
                block=0,
                signature=thought.signature,
                origin=thought.origin,
                redacted=thought.redacted,
                item_id=thought.item_id,
            ),
            ev.TextStarted(block=1),
            ev.TextEnded(block=1, text="hi"),
            ev.ResponseEnded(ending=ev.Completed()),
        ]
    )
    reply = spoken.server.encode_response(body_of(spoken, {}), answer, IDS)
    back = body_of(spoken, returned(spoken, msgspec.json.decode(reply.body)))
    (found,) = [block for turn in back.turns for block in turn.blocks if isinstance(block, Thinking)]
    told = (found.signature, found.origin, found.redacted)
    assert told == (thought.signature, thought.origin, thought.redacted)


def sse(*payloads: JsonObject) -> bytes:
    """Frames named by their type, as far as they have one."""
    named = [(f"event: {told['type']}\n" if "type" in told else "", msgspec.json.encode(told)) for told in payloads]
    return b"".join([name.encode() + b"data: " + data + b"\n\n" for name, data in named])


SIGNED = {
    CHAT.name: sse({"choices": [{"delta": {"reasoning_details": [{"type": "reasoning.encrypted", "data": "T"}]}}]}),
    RESPONSES.name: sse(
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "T"},
        }
    ),
    GEMINI.name: sse({"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "T"}]}}]}),
    ANTHROPIC.name: sse(
        {"type": "message_start", "message": {"id": "m", "model": "m", "content": [], "usage": {}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "redacted_thinking", "data": "T"}},
        {"type": "content_block_stop", "index": 0},
    ),
}


@pytest.mark.parametrize(
    ("spoken", "origin"),
    [(CHAT, "openai_chat"), (RESPONSES, None), (GEMINI, "gemini"), (ANTHROPIC, "anthropic")],
    ids=lambda value: value.name if isinstance(value, Spoken) else str(value),
)
def test_an_upstreams_token_is_its_dialects_own(spoken: Spoken, origin: str | None) -> None:
    """What says that no other upstream can read it; the Codex backend refuses a whole request for a foreign token."""
    thoughts = [event for event in spoken.read([SIGNED[spoken.name]]) if isinstance(event, ev.ThinkingEnded)]
    assert [(thought.signature, thought.origin) for thought in thoughts] == [("T", origin)]
