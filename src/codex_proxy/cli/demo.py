"""The demo: a gateway on the simulated backend, one streamed question in each dialect through the official SDK.

Rules of this file: free ports, a throw-away data directory, no account; exits with 0 only if every answer came.
"""

import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from openai import AsyncOpenAI
from rich.console import Console
from rich.table import Table

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.operations.client_keys import INFERENCE_KEY_ID

MODEL: Final = "gpt-5.4"
QUESTION: Final = "Which rivers flow through Vienna?"


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
    options = ServeOptions(flags={"server.port": 0}, simulate=True)
    async with serving(options, {}) as served:
        secret = served.keys.kept.secret_of(INFERENCE_KEY_ID)
        client = AsyncOpenAI(base_url=f"{served.url}/v1", api_key=secret, max_retries=0)
        answers = {name: await _timed(ask(client)) for name, ask in DIALECTS.items()}
        await client.close()
        url = served.url
    _print(answers, url)
    silent = [name for name, answer in answers.items() if not answer.text]
    if silent:
        raise StartRefused(f"no answer through {', '.join(silent)}")


async def _chat(client: AsyncOpenAI) -> AsyncIterator[str]:
    stream = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": QUESTION}], stream=True
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


async def _responses(client: AsyncOpenAI) -> AsyncIterator[str]:
    stream = await client.responses.create(model=MODEL, input=QUESTION, stream=True)
    async for event in stream:
        if event.type == "response.output_text.delta":
            yield event.delta


Ask = Callable[[AsyncOpenAI], AsyncIterator[str]]

DIALECTS: Final[dict[str, Ask]] = {"Chat Completions": _chat, "Responses": _responses}


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
