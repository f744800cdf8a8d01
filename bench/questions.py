"""The questions a load asks: one short streamed question in every dialect, as ready-made bytes."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from bench.upstream.answers import MODEL

REQUEST_NUMBER = b"00000000"  # in the question's text, replaced in every request so that no two conversations are one
QUESTION = f"Question {REQUEST_NUMBER.decode()}: what does the fox jump over, and how often today?"
INSTRUCTIONS = "You are a careful assistant. Answer in plain words. " * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to ask, in which dialect (a key of `BODIES`) and with which key."""

    port: int
    path: str
    dialect: str
    key: str


def build_request(endpoint: Endpoint) -> bytes:
    """The request bytes for a streamed question; REQUEST_NUMBER stands once in them."""
    body = json.dumps(BODIES[endpoint.dialect](), separators=(",", ":"))
    head = (
        f"POST {endpoint.path} HTTP/1.1\r\nhost: 127.0.0.1:{endpoint.port}\r\nauthorization: Bearer {endpoint.key}\r\n"
        f"content-type: application/json\r\naccept: text/event-stream\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _chat() -> dict[str, object]:
    turns = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": QUESTION}]
    return {"model": MODEL, "stream": True, "messages": turns}


def _responses() -> dict[str, object]:
    turn = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": QUESTION}]}
    return {"model": MODEL, "stream": True, "store": False, "instructions": INSTRUCTIONS, "input": [turn]}


def _anthropic() -> dict[str, object]:
    turns = [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    return {"model": MODEL, "stream": True, "max_tokens": 4096, "system": INSTRUCTIONS, "messages": turns}


def _gemini() -> dict[str, object]:
    turns = [{"role": "user", "parts": [{"text": QUESTION}]}]
    return {"systemInstruction": {"parts": [{"text": INSTRUCTIONS}]}, "contents": turns}


BODIES: dict[str, Callable[[], dict[str, object]]] = {
    "chat": _chat,
    "responses": _responses,
    "anthropic": _anthropic,
    "gemini": _gemini,
}
