"""A vendor that nobody knew: an entry of data, and every turn of its phrase is obeyed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.scenarios.stage import Stage, stage
from tests.transports.wire import STREAM_HEAD, chunk, read_request

ENTRY = """
providers:
  custom:
    acme:
      base_url: {base_url}
      api_key: sk-a-key-of-acme
      allow_private: true
      models: [acme-large, acme-tiny]
      key_header: X-Acme-Key
      headers: {{X-Team: us}}
      quirks:
        path: /talk/{{model}}
        max_tokens_field: limit
        renames: {{seed: random_seed}}
        sends: {{tier: gold}}
        refuses: [top_k]
        refuses_thinking: [temperature]
        thinking: [enable_thinking]
        budget_field: thinking_budget
        reasoning_echo: reasoning
        call_id_length: 9
        assistant_after_tool: true
        single_system: true
        choices: [auto]
        strict: false
        json_schema: false
        stream_options: false
      families:
        - models: [acme-tiny*]
          quirks:
            chat: {{thinking: [], max_tokens_field: max_tokens}}
"""
FRAMES = (
    b": ACME IS THINKING\n\n",
    b'data: {"id":"a","choices":[{"index":0,"delta":{"reasoning":"hm"}}]}\n\n',
    b'data: {"id":"a","choices":[{"delta":{"content":[{"type":"text","text":"Good "}]}}]}\n\n',
    b'data: {"id":"a","choices":[{"delta":{"content":"day"},"finish_reason":"eos","usage":{"prompt_tokens":7}}]}\n\n',
)


class Acme:
    """A server of the vendor's: what it was asked, and the same answer to everything."""

    def __init__(self) -> None:
        self.heads: list[list[str]] = []
        self.bodies: list[dict[str, Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head, body = await read_request(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                return
            self.heads.append(head)
            self.bodies.append(json.loads(body))
            writer.write(STREAM_HEAD + b"".join(map(chunk, FRAMES)) + chunk(b""))
            await writer.drain()


@asynccontextmanager
async def with_acme(data_dir: Path) -> AsyncIterator[tuple[Stage, Acme]]:
    acme = Acme()
    server = await asyncio.start_server(acme.serve, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    (data_dir / "local.yaml").write_text(ENTRY.format(base_url=base_url))
    async with server:
        async with stage(data_dir) as play:
            yield play, acme
        server.close()


TALK = [
    {"role": "user", "content": "list"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_0123456789", "name": "ls", "input": {}}]},
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_0123456789", "content": "a"},
            {"type": "text", "text": "and?"},
        ],
    },
]
ASKED: dict[str, Any] = {
    "model": "acme-large",
    "max_tokens": 900,
    "system": "be brief",
    "messages": TALK,
    "tools": [{"name": "ls", "input_schema": {"type": "object", "properties": {}}}],
    "tool_choice": {"type": "any"},
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "temperature": 1,
    "top_k": 5,
}
OWN_ASKED = {
    "model": "acme:acme-tiny",
    "messages": [{"role": "user", "content": "hi"}],
    "seed": 7,
    "max_completion_tokens": 9,
    "reasoning_effort": "high",
}


async def test_a_new_vendor_is_an_entry_of_data(tmp_path: Path) -> None:
    async with with_acme(tmp_path) as (play, acme):
        reply = (await play.client.post("/v1/messages", json=ASKED)).json()
        assert [block.get("thinking") or block.get("text") for block in reply["content"]] == ["hm", "Good day"]
        assert reply["usage"]["input_tokens"] == 7
        _is_asked_as_its_entry_says(acme.heads[0], acme.bodies[0])
        own = await play.client.post("/v1/chat/completions", json=OWN_ASKED)
        assert own.json()["choices"][0]["message"]["content"] == "Good day"
        body = acme.bodies[1]
        assert (body["model"], body["random_seed"], body["max_tokens"]) == ("acme-tiny", 7, 9)
        assert not {"enable_thinking", "seed", "reasoning_effort", "limit"} & body.keys()


def _is_asked_as_its_entry_says(head: list[str], body: dict[str, Any]) -> None:
    assert head[0].startswith("POST /v1/talk/acme-large ")
    assert {"x-acme-key: sk-a-key-of-acme", "x-team: us"} <= {line.lower() for line in head}
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
    sent = body["messages"][2]["tool_calls"][0]["id"]
    assert (len(sent), body["messages"][3]["tool_call_id"]) == (9, sent)
    assert (body["limit"], body["tier"], body["enable_thinking"]) == (900, "gold", True)
    assert (body["thinking_budget"], body["tool_choice"]) == (2000, "auto")
    assert not {"temperature", "top_k", "max_tokens", "stream_options"} & body.keys()
