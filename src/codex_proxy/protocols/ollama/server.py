"""The Ollama API in the server role: a client calls us.

Rules of this file: stateless; one codec for each of the two endpoints.  A whole answer says what the same events say
as a stream; a failed one is an HTTP error.
"""

from collections.abc import Mapping
from typing import assert_never

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, JsonObject, Opaque, Refusal, Text, Thinking, ToolCall
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.ollama.encoder import OllamaEncoder
from codex_proxy.protocols.ollama.errors import error_reply
from codex_proxy.protocols.ollama.request import parse_chat, parse_generate
from codex_proxy.protocols.ollama.schema import (
    IMAGE_GENERATION,
    Durations,
    Endpoint,
    arguments_object,
    call_object,
    done_reason,
    figures,
)
from codex_proxy.protocols.ollama.timestamps import NANOSECONDS, rfc3339
from codex_proxy.protocols.parts.answers.thoughts import PART_SEPARATOR
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode


class OllamaServer:
    """The dialect's verbs for the server role, for ``/api/chat`` or ``/api/generate``."""

    def __init__(self, endpoint: Endpoint = Endpoint.CHAT) -> None:
        self.endpoint = endpoint

    @property
    def dialect(self) -> Dialect:
        return Dialect.OLLAMA

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """The client's body; raises ``InvalidRequest``.  Look at ``parse_load`` first: this one wants content."""
        parse = parse_generate if self.endpoint is Endpoint.GENERATE else parse_chat
        return parse(body, headers)

    def open_stream(self, request: Request, ids: AnswerIds) -> OllamaEncoder:
        """An encoder for the answer to this request."""
        return OllamaEncoder(
            model=request.model,
            created_at=ids.created_at,
            endpoint=self.endpoint,
            thoughts=request.reasoning.visible is not False,
        )

    def encode_response(
        self, request: Request, response: Response, ids: AnswerIds, *, durations: Durations | None = None
    ) -> WireReply:
        """The whole answer as one object; ``durations`` are how long it took, where that was measured."""
        ending = response.ending
        if ending is None:
            return error_reply(BROKEN_OFF)
        if isinstance(ending, ev.Failed):
            return error_reply(ending.failure, model=request.model)
        answer = _Answer()
        for part in response.parts:
            answer.add(part)
        took = durations or Durations()
        created_ns = ids.created_at * NANOSECONDS + took.prompt_ns + took.eval_ns
        thoughts = request.reasoning.visible is not False
        body: JsonObject = {
            "model": request.model,
            "created_at": rfc3339(created_ns),
            **answer.told(self.endpoint, thoughts=thoughts),
            "done": True,
            "done_reason": done_reason(ending),
            **figures(took, response.usage),
        }
        return WireReply(status=200, body=encode(body))

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """A failure before the stream began."""
        return error_reply(failure, model=request.model if request else None)


class _Answer:
    """The answer under construction."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[JsonObject] = []
        self._image: str | None = None

    def add(self, part: AnswerPart) -> None:
        block = part.block
        match block:
            case Text() | Refusal():
                self._texts.append(block.text)
            case Thinking():
                self._thoughts.extend(filter(None, block.summary or block.content))
            case ToolCall():
                arguments, _ = arguments_object(block.arguments, block.kind)
                self._calls.append(call_object(block.call_id, block.name, arguments, len(self._calls)))
            case Hosted():
                result = block.item.get("result") if block.kind == IMAGE_GENERATION else None
                self._image = result if isinstance(result, str) and result else self._image
            case Opaque():
                pass
            case _:
                assert_never(block)

    def told(self, endpoint: Endpoint, *, thoughts: bool) -> JsonObject:
        text = "".join(self._texts)
        thinking: JsonObject = {}
        if thoughts and self._thoughts:
            thinking = {"thinking": PART_SEPARATOR.join(self._thoughts)}
        if endpoint is Endpoint.GENERATE:
            image: JsonObject = {"image": self._image} if self._image else {}
            return {"response": text, **thinking, **image, "context": []}
        calls: JsonObject = {"tool_calls": self._calls} if self._calls else {}
        return {"message": {"role": "assistant", "content": text, **thinking, **calls}}
