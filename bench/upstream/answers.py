"""The streamed answers of the benchmark's backend, as ready-made bytes.

An answer is a list of steps; a step is what one tick of the pace writes. Step 0 carries the HTTP head,
the events that open the answer and the first token; the last step also carries the events that close it.
Every server-sent event travels in an HTTP chunk of its own, as real backends send them.

Every token's text starts with MARK, one byte that occurs nowhere else in an answer's head or deltas. A load
generator counts tokens by counting that byte, which no chunk boundary can cut in two. (The closing
events of a Responses answer repeat the whole text: whoever counts stops at the number of tokens.)
"""

import json
from collections.abc import Mapping, Sequence

MARK = b"~"
MODEL = "gpt-5.4"
ANSWER_ID = "0" * 32  # stands in the prepared bytes; replaced by an id of the same width in each answer
ITEM_ID = "msg_00000000000000000000000000000001"
CREATED_AT = 1_790_000_000
WORDS = ("the ", "quick ", "brown ", "fox ", "jumps ", "over ", "a ", "lazy ", "dog ", "today ")

EVENT_STREAM = "text/event-stream; charset=utf-8"

# Source: capture, responses stream, Codex CLI 0.169 (names of the rate-limit headers).
CODEX_HEADERS = {
    "content-type": EVENT_STREAM,
    "openai-model": MODEL,
    "x-request-id": "req_" + ANSWER_ID,
    "x-codex-plan-type": "plus",
    "x-codex-active-limit": "premium",
    "x-codex-primary-used-percent": "12.5",
    "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-after-seconds": "3600",
    "x-codex-secondary-used-percent": "40",
    "x-codex-secondary-window-minutes": "10080",
    "x-codex-secondary-reset-after-seconds": "86400",
}
CHAT_HEADERS = {"content-type": EVENT_STREAM, "x-request-id": "req_" + ANSWER_ID}


def token_texts(count: int) -> list[str]:
    """`count` token texts of a few letters each, every one starting with MARK."""
    return [MARK.decode() + WORDS[index % len(WORDS)] for index in range(count)]


def responses_steps(count: int) -> list[bytes]:
    """A Codex backend's Responses stream: four opening events, `count` deltas, four closing events."""
    texts = token_texts(count)
    events = [*_responses_opening(), *map(_responses_delta, texts), *_responses_closing("".join(texts), count)]
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    chunks = [_chunk(f"event: {event['type']}\ndata: {_json(event)}\n\n") for event in numbered]
    return _in_steps(_head(CODEX_HEADERS), chunks, opening=4, closing=4)


def chat_steps(count: int) -> list[bytes]:
    """A Chat Completions stream: a role chunk, `count` content chunks, finish, usage and `[DONE]`."""
    usage = {"prompt_tokens": 200, "completion_tokens": count, "total_tokens": 200 + count}
    events = [
        _chat_chunk({"role": "assistant", "content": ""}),
        *(_chat_chunk({"content": text}) for text in token_texts(count)),
        _chat_chunk({}, finish_reason="stop"),
        {**_chat_chunk({}), "choices": [], "usage": usage},
    ]
    chunks = [_chunk(f"data: {_json(event)}\n\n") for event in events]
    return _in_steps(_head(CHAT_HEADERS), [*chunks, _chunk("data: [DONE]\n\n")], opening=1, closing=3)


def _in_steps(head: bytes, chunks: Sequence[bytes], *, opening: int, closing: int) -> list[bytes]:
    tokens = list(chunks[opening : len(chunks) - closing])
    tokens[0] = head + b"".join(chunks[:opening]) + tokens[0]
    tokens[-1] += b"".join(chunks[len(chunks) - closing :]) + b"0\r\n\r\n"
    return tokens


def _head(headers: Mapping[str, str]) -> bytes:
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 200 OK\r\n{''.join(lines)}transfer-encoding: chunked\r\n\r\n".encode()


def _chunk(text: str) -> bytes:
    body = text.encode()
    return b"%x\r\n%b\r\n" % (len(body), body)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _responses_opening() -> list[dict[str, object]]:
    started = _response(status="in_progress", output=[], usage=None)
    item = {"id": ITEM_ID, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    return [
        {"type": "response.created", "response": started},
        {"type": "response.in_progress", "response": started},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **_position(), "part": _part("")},
    ]


def _responses_delta(text: str) -> dict[str, object]:
    return {"type": "response.output_text.delta", **_position(), "delta": text, "logprobs": [], "obfuscation": "a1B2c3"}


def _responses_closing(text: str, count: int) -> list[dict[str, object]]:
    item = {"id": ITEM_ID, "type": "message", "status": "completed", "role": "assistant", "content": [_part(text)]}
    usage = {
        "input_tokens": 200,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": count,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 200 + count,
    }
    return [
        {"type": "response.output_text.done", **_position(), "text": text, "logprobs": []},
        {"type": "response.content_part.done", **_position(), "part": _part(text)},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": _response(status="completed", output=[item], usage=usage)},
    ]


def _position() -> dict[str, object]:
    return {"item_id": ITEM_ID, "output_index": 0, "content_index": 0}


def _part(text: str) -> dict[str, object]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _response(*, status: str, output: list[object], usage: object) -> dict[str, object]:
    return {
        "id": "resp_" + ANSWER_ID,
        "object": "response",
        "created_at": CREATED_AT,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": "",
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": True,
        "reasoning": {"effort": "medium", "summary": None},
        "store": False,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
        "metadata": {},
    }


def _chat_chunk(delta: Mapping[str, object], *, finish_reason: str | None = None) -> dict[str, object]:
    return {
        "id": "chatcmpl-" + ANSWER_ID,
        "object": "chat.completion.chunk",
        "created": CREATED_AT,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }
