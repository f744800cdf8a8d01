"""The official SDK as a reader: given bytes of an answer, what its own types and accumulators make of them.

Rules of this file: no codec of ours; the SDK talks to a transport in memory and reaches no network.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import openai
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from codex_proxy.canonical.blocks import JsonObject
from scripts.evidence.readers.answer import COMPLETED, FAILED, Answer, Call, chat_counts, of_response_object, thought_of
from scripts.evidence.readers.messages import MessagesSdk
from scripts.evidence.readers.reading import Raised, Reading, Rejected, raised, reading

_INCOMPLETE = {"length": "max_output_tokens", "max_tokens": "max_output_tokens", "content_filter": "content_filter"}
_TERMINALS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_DIED = frozenset({"error", "network_error", "insufficient_system_resource"})


class ScriptedSdk:
    """An SDK client whose every call is answered with the bytes at hand.  Close it at the end."""

    def __init__(self) -> None:
        self._reply = httpx2.Response(200)
        transport = httpx2.MockTransport(lambda _: self._reply)
        self._client = openai.OpenAI(
            api_key="none",
            base_url="http://127.0.0.1/v1",
            http_client=httpx2.Client(transport=transport),
            max_retries=0,
        )
        self.messages = MessagesSdk()

    def close(self) -> None:
        """Release the clients."""
        self._client.close()
        self.messages.close()

    def read_chat(self, content: bytes, *, streamed: bool) -> Reading:
        """A chat answer; raises ``Rejected``."""
        self._say(200, content, streamed=streamed)
        with reading():
            if streamed:
                chunks = self._client.chat.completions.create(
                    model="m", messages=[], stream=True, stream_options={"include_usage": True}
                )
                return _Chat(content).accumulate(chunks)
            whole = self._client.chat.completions.create(model="m", messages=[]).to_dict(warnings=False)
            return _chat_reading(whole, whole.get("usage"), terminated=True)

    def read_responses(self, content: bytes, *, streamed: bool) -> Reading:
        """A Responses answer; raises ``Rejected``."""
        self._say(200, content, streamed=streamed)
        with reading():
            if streamed:
                return self._responses_stream()
            whole = self._client.responses.create(model="m", input="x").to_dict(warnings=False)
        items = [item for item in _list(whole.get("output")) if isinstance(item, dict)]
        return Reading(answer=of_response_object(whole, items), source="SDK types", output=tuple(items))

    def error_of(self, status: int, content: bytes, headers: Iterable[tuple[str, str]]) -> Raised:
        """The exception that an HTTP error raises; raises ``Rejected`` if it raises none."""
        self._reply = httpx2.Response(status, content=content, headers=list(headers))
        with reading():
            try:
                self._client.chat.completions.create(model="m", messages=[])
            except openai.APIStatusError as error:
                return raised(error, error.message)
        raise Rejected(f"status {status} raises nothing")

    def _say(self, status: int, content: bytes, *, streamed: bool) -> None:
        told = "text/event-stream" if streamed else "application/json"
        self._reply = httpx2.Response(status, content=content, headers={"content-type": told})

    def _responses_events(self) -> Iterator[JsonObject]:
        """What the accumulator hands out, as plain members."""
        with self._client.responses.stream(model="m", input="x") as stream:
            for event in stream:
                if event.type in _TERMINALS or event.type == "response.output_item.done":
                    yield event.to_dict(warnings=False)

    def _responses_stream(self) -> Reading:
        final: JsonObject | None = None
        done: dict[int, JsonObject] = {}
        try:
            for event in self._responses_events():
                if event["type"] in _TERMINALS:
                    final = event["response"]
                elif event["type"] == "response.output_item.done":
                    done[event["output_index"]] = event["item"]
        except openai.APIError as error:
            items = [done[index] for index in sorted(done)]
            answer = of_response_object({"status": FAILED, "error": {"message": error.message}}, items)
            return Reading(answer=answer, source="SDK stream, raised")
        if final is None:
            raise Rejected("the stream has no terminal event")
        items = [item for item in _list(final.get("output")) if isinstance(item, dict)]
        rebuilt = not items and bool(done)
        if rebuilt:  # the Codex backend leaves the final object's output empty at times
            items = [done[index] for index in sorted(done)]
        source = "SDK accumulator, output of the done events" if rebuilt else "SDK accumulator"
        return Reading(answer=of_response_object(final, items), source=source, output=tuple(map(_plain, items)))


class _Chat:
    """Accumulates one chat stream with the SDK's own state."""

    def __init__(self, content: bytes) -> None:
        self._terminated = b"[DONE]" in content
        self._usage: object = None
        self._named: set[int] = set()

    def accumulate(self, chunks: Iterable[ChatCompletionChunk]) -> Reading:
        state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
        error: str | None = None
        try:
            for chunk in chunks:
                self._look_at(chunk)
                state.handle_chunk(chunk)
        except openai.APIError as raised:
            error = raised.message
        try:
            whole = state.current_completion_snapshot.to_dict(warnings=False)
        except AssertionError:
            if error is None:
                raise Rejected("the stream has no chunk") from None
            whole = {}
        reading = _chat_reading(whole, self._usage, terminated=self._terminated, error=error)
        return Reading(answer=reading.answer, source="SDK accumulator", finish=reading.finish)

    def _look_at(self, chunk: ChatCompletionChunk) -> None:
        """Usage, which the accumulator keeps only of the last chunk, and calls that it would garble."""
        told = chunk.to_dict(warnings=False)
        self._usage = told.get("usage") or self._usage
        groq = told.get("x_groq")
        if isinstance(groq, dict):
            self._usage = groq.get("usage") or self._usage
        for choice in chunk.choices:
            self._usage = (choice.model_extra or {}).get("usage") or self._usage
            for call in choice.delta.tool_calls or []:
                if "index" not in call.model_fields_set:
                    raise Rejected("a tool call without an index")
                if call.id and call.index in self._named:
                    raise Rejected("a tool call's id is told twice, which the SDK joins")
                if call.id:
                    self._named.add(call.index)


def _chat_reading(whole: Any, usage: object, *, terminated: bool, error: str | None = None) -> Reading:
    choices = _list(whole.get("choices")) if isinstance(whole, dict) else []
    choice = next((choice for choice in choices if isinstance(choice, dict) and not choice.get("index")), {})
    if not choice and error is None:
        raise Rejected("no choice")
    message = choice.get("message") or {}
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        raise Rejected("the content is no text")
    finish = choice.get("finish_reason")
    thought = thought_of(message)
    audio = message.get("audio")
    transcript = audio.get("transcript") if isinstance(audio, dict) else None
    answer = Answer(
        text=content or transcript or "",  # a spoken answer is told by its words
        refusal=message.get("refusal") or "",
        reasoning=(thought,) if thought else (),
        calls=tuple(_chat_calls(message)),
        ending=FAILED if error is not None else chat_ending(finish, terminated=terminated),
        usage=chat_counts(usage),
        error=error,
    )
    return Reading(answer=answer, source="SDK types", finish=finish)


def chat_ending(finish: object, *, terminated: bool) -> str:
    """How an answer with this finish reason ended; without one the terminator decides."""
    if not isinstance(finish, str):
        return COMPLETED if terminated else FAILED
    word = finish.lower()
    if word in _DIED:
        return FAILED
    return f"incomplete:{_INCOMPLETE[word]}" if word in _INCOMPLETE else COMPLETED


def _chat_calls(message: JsonObject) -> Iterable[Call]:
    for call in _list(message.get("tool_calls")):
        kind = "custom" if call.get("type") == "custom" else "function"
        inner = call.get(kind)
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            raise Rejected("a tool call without a name")
        told = inner.get("input") if kind == "custom" else inner.get("arguments")
        if told is not None and not isinstance(told, str):
            raise Rejected("a tool call's arguments are no text")
        yield Call(call_id=call.get("id"), name=inner["name"], arguments=told or "", kind=kind)
    legacy = message.get("function_call")
    if isinstance(legacy, dict) and legacy.get("name"):
        yield Call(call_id=None, name=str(legacy.get("name")), arguments=str(legacy.get("arguments") or ""))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _plain(item: JsonObject) -> JsonObject:
    """The item without what the SDK's own parsing adds."""
    if item.get("type") != "message":
        return {name: value for name, value in item.items() if name != "parsed_arguments"}
    parts = [
        {name: value for name, value in part.items() if name != "parsed"} if isinstance(part, dict) else part
        for part in _list(item.get("content"))
    ]
    return {**item, "content": parts}
