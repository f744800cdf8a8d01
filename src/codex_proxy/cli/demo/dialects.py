"""The demo: a gateway on the simulated backend, one streamed question in each dialect through its official SDK.

Rules of this file: free ports, a throw-away data directory, no account; exits with 0 only if every answer came.
"""

import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import ollama
from anthropic import AsyncAnthropic
from google import genai
from openai import AsyncOpenAI
from rich.console import Console
from rich.table import Table

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.operations.client_keys import INFERENCE_KEY_ID

MODEL: Final = "gpt-5.4"
QUESTION: Final = "Which rivers flow through Vienna?"
FLAGS: Final = {"server.port": 0, "ollama.enabled": True, "ollama.port": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where to ask: the gateway's URL, the Ollama bridge's, and a client key."""

    url: str
    bridge_url: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came; times are seconds from the question."""

    text: str
    first_text_seconds: float
    whole_seconds: float


async def run() -> None:
    """Ask in every dialect and print a table.

    Raises:
        StartRefused: an answer did not come.
    """
    async with serving(ServeOptions(flags=FLAGS, simulate=True), {}) as served:
        bridge = served.bridge.status
        asked = Asked(
            url=served.url,
            bridge_url=bridge.url or "",  # without one the Ollama client finds nobody, and the demo says so
            key=served.keys.kept.secret_of(INFERENCE_KEY_ID) or "",
        )
        for ask in DIALECTS.values():
            await _timed(ask(asked))  # the SDKs load half of themselves at their first use
        answers = {name: await _timed(ask(asked)) for name, ask in DIALECTS.items()}
    _print(answers, asked.url)
    silent = [name for name, answer in answers.items() if not answer.text]
    if silent:
        raise StartRefused(f"no answer through {', '.join(silent)}")


async def _chat(asked: Asked) -> AsyncIterator[str]:
    async with AsyncOpenAI(base_url=f"{asked.url}/v1", api_key=asked.key, max_retries=0) as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": QUESTION}], stream=True
        )
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


async def _responses(asked: Asked) -> AsyncIterator[str]:
    async with AsyncOpenAI(base_url=f"{asked.url}/v1", api_key=asked.key, max_retries=0) as client:
        stream = await client.responses.create(model=MODEL, input=QUESTION, stream=True)
        async for event in stream:
            if event.type == "response.output_text.delta":
                yield event.delta


async def _messages(asked: Asked) -> AsyncIterator[str]:
    async with (
        AsyncAnthropic(base_url=asked.url, api_key=asked.key, max_retries=0) as client,
        client.messages.stream(
            model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": QUESTION}]
        ) as stream,
    ):
        async for text in stream.text_stream:
            yield text


async def _gemini(asked: Asked) -> AsyncIterator[str]:
    options = genai.types.HttpOptions(base_url=asked.url)
    async with genai.Client(api_key=asked.key, http_options=options).aio as client:
        async for chunk in await client.models.generate_content_stream(model=MODEL, contents=QUESTION):
            if chunk.text:
                yield chunk.text


async def _ollama(asked: Asked) -> AsyncIterator[str]:
    async with ollama.AsyncClient(host=asked.bridge_url) as client:
        async for part in await client.chat(model=MODEL, messages=[{"role": "user", "content": QUESTION}], stream=True):
            if part.message.content:
                yield part.message.content


Ask = Callable[[Asked], AsyncIterator[str]]

DIALECTS: Final[dict[str, Ask]] = {
    "Chat Completions": _chat,
    "Responses": _responses,
    "Anthropic Messages": _messages,
    "Gemini": _gemini,
    "Ollama": _ollama,
}


async def _timed(pieces_of_answer: AsyncIterator[str]) -> Answer:
    started_at = time.perf_counter()
    first_at: float | None = None
    pieces: list[str] = []
    async for piece in pieces_of_answer:
        first_at = first_at or time.perf_counter()
        pieces.append(piece)
    ended_at = time.perf_counter()
    return Answer(
        text="".join(pieces),
        first_text_seconds=(first_at or ended_at) - started_at,
        whole_seconds=ended_at - started_at,
    )


def _print(answers: dict[str, Answer], url: str) -> None:
    table = Table("dialect", "first text", "whole answer", "answer", title=f"{QUESTION}  ({MODEL} at {url})")
    for name, answer in answers.items():
        table.add_row(
            name, f"{answer.first_text_seconds * 1000:.1f} ms", f"{answer.whole_seconds * 1000:.1f} ms", answer.text
        )
    Console(file=sys.stdout).print(table)
