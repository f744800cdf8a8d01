"""Chat Completions in the server role: a client calls us.

Rules of this file: stateless; options come by the constructor.  A whole answer says what the same events say as a
stream; a failed one is an HTTP error, never a 200 with an excuse in it.
"""

from collections.abc import Mapping
from typing import assert_never

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, JsonObject, Opaque, Refusal, Text, Thinking, ToolCall, ToolKind
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.openai_chat.encoder import ChatEncoder, finish_reason
from codex_proxy.protocols.openai_chat.request import parse_form, parse_request
from codex_proxy.protocols.openai_chat.schema import (
    IMAGE_GENERATION,
    ChatRequest,
    ReasoningField,
    ReplyForm,
    annotation_object,
    image_object,
    reasoning_detail,
)
from codex_proxy.protocols.parts.answers.thoughts import PART_SEPARATOR
from codex_proxy.protocols.parts.errors.openai_errors import error_reply
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.openai.answers import usage_object

_ID_PREFIX = "chatcmpl-"


class ChatServer:
    """The dialect's verbs for the server role; ``heartbeat_chunks`` as in ``ReplyForm``, for every client."""

    def __init__(
        self,
        *,
        reasoning_field: ReasoningField = ReasoningField.REASONING_CONTENT,
        heartbeat_chunks: bool = False,
    ) -> None:
        self._reasoning_field = reasoning_field
        self._heartbeat_chunks = heartbeat_chunks

    @property
    def dialect(self) -> Dialect:
        return Dialect.OPENAI_CHAT

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """The client's body; raises ``InvalidRequest``.  Look at ``looks_like_responses`` first."""
        return parse_request(body, headers)

    def adopt(self, request: Request, *, headers: Mapping[str, str]) -> Request:
        """A request that another dialect's parser read on the chat path, with the form this client reads."""
        members = {name: getattr(request, name) for name in request.__struct_fields__}
        return ChatRequest(**{**members, "form": parse_form(headers)})

    def open_stream(self, request: Request, ids: AnswerIds) -> ChatEncoder:
        """An encoder for the answer to this request."""
        return ChatEncoder(
            completion_id=_ID_PREFIX + ids.token,
            model=request.model,
            created_at=ids.created_at,
            include_usage=request.include_usage,
            form=msgspec.structs.replace(_form(request), heartbeat_chunks=self._heartbeat_chunks),
            reasoning_field=self._shown_in(request),
        )

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """The whole answer as one ``chat.completion``."""
        ending = response.ending
        if ending is None or isinstance(ending, ev.Failed):
            return error_reply(BROKEN_OFF if ending is None else ending.failure)
        form = _form(request)
        answer = _Answer(form, self._shown_in(request))
        for part in response.parts:
            answer.add(part)
        choice = {
            "index": 0,
            "message": answer.message(),
            "logprobs": None,
            "finish_reason": finish_reason(ending, called=bool(answer.calls), legacy=form.legacy),
        }
        body: JsonObject = {
            "id": _ID_PREFIX + ids.token,
            "object": "chat.completion",
            "created": ids.created_at,
            "model": request.model,
            "choices": [choice],
            "service_tier": response.service_tier or "default",
            "system_fingerprint": None,
        }
        if response.usage is not None:
            body["usage"] = usage_object(response.usage)
        return WireReply(status=200, body=encode(body))

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """A failure before the stream began."""
        return error_reply(failure)

    def _shown_in(self, request: Request) -> ReasoningField:
        return ReasoningField.NONE if request.reasoning.visible is False else self._reasoning_field


class _Answer:
    """The message under construction."""

    def __init__(self, form: ReplyForm, reasoning_field: ReasoningField) -> None:
        self.calls: list[JsonObject] = []
        self._form = form
        self._reasoning_members = reasoning_field.members
        self._texts: list[str] = []
        self._offset = 0
        self._refusals: list[str] = []
        self._thoughts: list[str] = []
        self._sealed: list[JsonObject] = []
        self._annotations: list[JsonObject] = []
        self._images: list[JsonObject] = []

    def add(self, part: AnswerPart) -> None:
        block = part.block
        match block:
            case Text():
                self._add_text(block)
            case Refusal():
                self._refusals.append(block.text)
            case Thinking():
                self._add_thinking(block)
            case ToolCall():
                self._add_call(block)
            case Hosted():
                image = image_object(block.item, len(self._images)) if block.kind == IMAGE_GENERATION else None
                if image is not None:
                    self._images.append(image)
            case Opaque():
                pass
            case _:
                assert_never(block)

    def message(self) -> JsonObject:
        text = "".join(self._texts)
        message: JsonObject = {
            "role": "assistant",
            "content": None if self.calls and not text else text,
            "refusal": "".join(self._refusals) or None,
            "annotations": self._annotations,
        }
        if self._thoughts:
            thoughts = PART_SEPARATOR.join(self._thoughts)
            message |= dict.fromkeys(self._reasoning_members, thoughts)
        if self._sealed:
            message["reasoning_details"] = self._sealed
        if self._images:
            message["images"] = self._images
        if self.calls and self._form.legacy:
            message["function_call"] = self.calls[0]["function"]
        elif self.calls:
            message["tool_calls"] = self.calls
        return message

    def _add_text(self, block: Text) -> None:
        told = (annotation_object(annotation, self._offset) for annotation in block.annotations)
        self._annotations.extend(annotation for annotation in told if annotation is not None)
        self._texts.append(block.text)
        self._offset += len(block.text)

    def _add_thinking(self, block: Thinking) -> None:
        self._thoughts.extend(filter(None, block.summary or block.content))
        if block.signature is not None and self._form.reasoning_details:
            self._sealed.append(reasoning_detail(block.signature, block))

    def _add_call(self, block: ToolCall) -> None:
        if block.kind is ToolKind.CUSTOM and not self._form.custom_as_function:
            custom = {"name": block.name, "input": block.arguments}
            self.calls.append({"id": block.call_id, "type": "custom", "custom": custom})
        else:
            function = {"name": block.name, "arguments": block.arguments}
            self.calls.append({"id": block.call_id, "type": "function", "function": function})


def _form(request: Request) -> ReplyForm:
    return request.form if isinstance(request, ChatRequest) else ReplyForm()
