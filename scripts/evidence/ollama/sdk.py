"""ollama-python as a reader: given bytes of an answer, what its own types make of them, line by line.

Rules of this file: no codec of ours; the SDK talks to a transport in memory and reaches no network.  It joins nothing
by itself, so texts are joined here as its users do; it knows no ids of calls.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import httpx
import msgspec
import ollama

from scripts.evidence.readers.answer import COMPLETED, FAILED, Answer, Call, Counts
from scripts.evidence.readers.reading import Raised, Reading, Rejected, raised, reading
from scripts.evidence.recording import Form, Recording

_MODEL = "m"
Part: TypeAlias = ollama.ChatResponse | ollama.GenerateResponse


class OllamaSdk:
    """An SDK client whose every call is answered with the bytes at hand.  Close it at the end."""

    def __init__(self) -> None:
        self._reply = httpx.Response(200)
        transport = httpx.MockTransport(lambda _: self._reply)
        self._client = ollama.Client(host="http://recorded.invalid", transport=transport)

    def close(self) -> None:
        """Release the client."""
        self._client.close()  # type: ignore[no-untyped-call]

    def read(self, content: bytes, *, streamed: bool, generated: bool = False) -> Reading:
        """An answer, of ``/api/generate`` if ``generated``; raises ``Rejected``."""
        self._reply = httpx.Response(200, content=content)
        parts: list[Part] = []
        error: str | None = None
        with reading():
            try:
                parts.extend(self._parts(streamed=streamed, generated=generated))
            except ollama.ResponseError as told:
                error = told.error
        if not parts and error is None:
            raise Rejected("the stream has no line")
        return Reading(
            answer=_answer(parts, error), source="SDK types", finish=parts[-1].done_reason if parts else None
        )

    def recorded(self, recording: Recording) -> Reading:
        """A recorded answer; raises ``Rejected``."""
        streamed = recording.form is Form.STREAM
        return self.read(recording.raw, streamed=streamed, generated=recording.endpoint.endswith("/generate"))

    def error_of(self, status: int, content: bytes, headers: Iterable[tuple[str, str]]) -> Raised:
        """The exception that an HTTP error raises; raises ``Rejected`` if it raises none."""
        self._reply = httpx.Response(status, content=content, headers=list(headers))
        with reading():
            try:
                self._client.chat(model=_MODEL, messages=[])
            except ollama.ResponseError as error:
                return raised(error, error.error)
        raise Rejected(f"status {status} raises nothing")

    def _parts(self, *, streamed: bool, generated: bool) -> Iterator[Part]:
        asked: dict[str, Any] = {"prompt": "x"} if generated else {"messages": []}
        ask: Any = self._client.generate if generated else self._client.chat
        if streamed:
            yield from ask(model=_MODEL, stream=True, **asked)
        else:
            yield ask(model=_MODEL, **asked)


def _answer(parts: list[Part], error: str | None) -> Answer:
    messages = [part.message for part in parts if isinstance(part, ollama.ChatResponse)]
    texts = [message.content for message in messages]
    texts += [part.response for part in parts if isinstance(part, ollama.GenerateResponse)]
    thoughts = [message.thinking for message in messages]
    thoughts += [part.thinking for part in parts if isinstance(part, ollama.GenerateResponse)]
    thought = "".join(filter(None, thoughts))
    calls = [call.function for message in messages for call in message.tool_calls or ()]
    return Answer(
        text="".join(filter(None, texts)),
        reasoning=(thought,) if thought else (),
        calls=tuple(
            Call(call_id=None, name=call.name, arguments=msgspec.json.encode(dict(call.arguments)).decode())
            for call in calls
        ),
        ending=FAILED if error is not None else _ending(parts[-1]),
        usage=None if error is not None else _counts(parts[-1]),
        error=error,
    )


def _ending(last: Part) -> str:
    if not last.done:
        return FAILED
    return "incomplete:max_output_tokens" if last.done_reason == "length" else COMPLETED


def _counts(last: Part) -> Counts | None:
    if last.prompt_eval_count is None and last.eval_count is None:
        return None
    return Counts(input=last.prompt_eval_count or 0, cached=0, output=last.eval_count or 0, reasoning=0)
