"""google-genai as a reader: given bytes of an answer, what its own types make of them.

Rules of this file: no codec of ours; the SDK talks to a transport in memory and reaches no network.  A JSON array of
chunks, which the SDK does not read, is handed to it chunk by chunk.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import msgspec
from google import genai
from google.genai import errors, types

from codex_proxy.canonical.blocks import JsonObject
from scripts.evidence.gemini.reading import reading_of
from scripts.evidence.readers.reading import Raised, Reading, Rejected, raised, reading
from scripts.evidence.recording import Form, Recording

_MODEL = "m"
_QUESTION = "x"


class GeminiSdk:
    """An SDK client whose every call is answered with the bytes at hand.  Close it at the end."""

    def __init__(self) -> None:
        self._reply = httpx2.Response(200)
        transport = httpx2.MockTransport(lambda _: self._reply)
        options = types.HttpOptions(base_url="http://recorded.invalid", client_args={"transport": transport})
        self._client = genai.Client(api_key="none", http_options=options)

    def close(self) -> None:
        """Free the client."""
        self._client.close()

    def read(self, content: bytes, *, streamed: bool) -> Reading:
        """An answer; raises ``Rejected``."""
        if content.lstrip().startswith(b"["):
            content, streamed = _as_events(content), True
        told = "text/event-stream" if streamed else "application/json"
        self._reply = httpx2.Response(200, content=content, headers={"content-type": told})
        chunks: list[JsonObject] = []
        error: str | None = None
        with reading():
            try:
                chunks.extend(map(_plain, self._answers(streamed=streamed)))
            except errors.APIError as told_of:
                error = str(told_of.message)
        return Reading(answer=reading_of(chunks, error=error), source="SDK types")

    def recorded(self, recording: Recording) -> Reading:
        """A recorded answer; what the SDK cannot read is read tolerantly."""
        try:
            return self.read(recording.raw, streamed=recording.form is Form.STREAM)
        except Rejected as rejected:
            chunks = [msgspec.json.decode(payload) for payload in _payloads(recording)]
            return Reading(answer=reading_of(chunks), source=f"tolerant reader (SDK: {rejected})")

    def error_of(self, status: int, content: bytes, headers: Iterable[tuple[str, str]]) -> Raised:
        """The exception that an HTTP error raises; raises ``Rejected`` if it raises none."""
        self._reply = httpx2.Response(status, content=content, headers=list(headers))
        with reading():
            try:
                self._client.models.generate_content(model=_MODEL, contents=_QUESTION)
            except errors.APIError as error:
                return raised(error, str(error.message))
        raise Rejected(f"status {status} raises nothing")

    def _answers(self, *, streamed: bool) -> Iterator[types.GenerateContentResponse]:
        if streamed:
            yield from self._client.models.generate_content_stream(model=_MODEL, contents=_QUESTION)
        else:
            yield self._client.models.generate_content(model=_MODEL, contents=_QUESTION)


def _payloads(recording: Recording) -> Iterator[bytes]:
    if recording.form is Form.WHOLE:
        yield recording.raw
        return
    for line in recording.raw.splitlines():
        if line.startswith(b"data:"):
            yield line.removeprefix(b"data:")


def _as_events(content: bytes) -> bytes:
    """The chunks of a JSON array as server-sent events; raises ``Rejected`` where it is none."""
    try:
        chunks = msgspec.json.decode(content, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise Rejected(f"no array: {fault}") from None
    values = [msgspec.json.encode(msgspec.json.decode(chunk)) for chunk in chunks]
    return b"".join([b"data: " + value + b"\n\n" for value in values])


def _plain(chunk: types.GenerateContentResponse) -> JsonObject:
    members: dict[str, Any] = chunk.model_dump(mode="json", by_alias=True, exclude_none=True)
    members.pop("sdkHttpResponse", None)
    return members
