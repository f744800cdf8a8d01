"""A folded answer as one message.

Rules of this file: it says what the same events say as a stream, block by block in the same order, except that results
of a search stand behind its call, since all citations are known by then.
"""

from collections.abc import Iterator
from typing import assert_never

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import (
    Annotation,
    Hosted,
    JsonObject,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolKind,
)
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Request
from codex_proxy.protocols.anthropic import hosted
from codex_proxy.protocols.anthropic.endings import stop_reason
from codex_proxy.protocols.anthropic.schema import (
    IMAGE_GENERATION_CALL,
    ORIGIN,
    PART_SEPARATOR,
    AnthropicRequest,
    Display,
    citation_object,
)
from codex_proxy.protocols.anthropic.stream.blocks import call_block
from codex_proxy.protocols.anthropic.usage import tier_of, usage_object
from codex_proxy.protocols.parts.json_text import object_in
from codex_proxy.protocols.parts.signatures import write_signature


def message_object(
    request: Request, response: Response, ending: ev.Completed | ev.Incomplete, message_id: str
) -> JsonObject:
    """The ``message`` for an answer that came to its end."""
    blocks = _Blocks(request, response)
    content = [block for part in response.parts for block in blocks.of(part.block)]
    said = [part.block for part in response.parts]
    reason, cut = stop_reason(
        ending,
        called=any(isinstance(block, ToolCall) for block in said),
        refused=any(isinstance(block, Refusal) for block in said),
    )
    usage: JsonObject = {"input_tokens": 0, "output_tokens": 0}
    if response.usage is not None:
        usage = usage_object(response.usage, searches_count=blocks.searches_count)
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": cut,
        "stop_details": None,
        "container": None,
        "context_management": None,
        "usage": usage | tier_of(response.service_tier),
    }


class _Blocks:
    """The wire's blocks of one answer."""

    def __init__(self, request: Request, response: Response) -> None:
        own = request if isinstance(request, AnthropicRequest) else None
        texts = [part.block for part in response.parts if isinstance(part.block, Text)]
        self.searches_count = 0
        self._display = own.display if own else Display.HIDDEN
        self._searches = own.searches if own else False
        self._cited = [cited for text in texts for cited in text.annotations if cited.kind == "url_citation"]

    def of(self, block: Text | Refusal | Thinking | ToolCall | Hosted | Opaque) -> Iterator[JsonObject]:
        match block:
            case Text() | Refusal():
                if block.text:
                    yield self._text(block)
            case Thinking():
                yield from self._thinking(block)
            case ToolCall():
                yield call_block(block.call_id, block.name, _input_of(block))
            case Hosted():
                yield from self._hosted(block)
            case Opaque():
                pass
            case _:
                assert_never(block)

    def _text(self, block: Text | Refusal) -> JsonObject:
        annotations = block.annotations if isinstance(block, Text) else ()
        told = [
            citation
            for annotation in annotations
            if (annotation.kind != "url_citation" or self._searches)
            and (citation := citation_object(annotation, block.text)) is not None
        ]
        return {"type": "text", "text": block.text, "citations": told or None}

    def _thinking(self, block: Thinking) -> Iterator[JsonObject]:
        if self._display is Display.HIDDEN:
            return
        signature = ""
        if block.signature is not None:
            signature = write_signature(block.signature, origin=block.origin, item_id=block.item_id, own=ORIGIN)
        words = ""
        if self._display is Display.SHOWN:
            words = PART_SEPARATOR.join(filter(None, block.summary or block.content))
        if words or (signature and not block.redacted):
            yield {"type": "thinking", "thinking": words, "signature": "" if block.redacted else signature}
        if block.redacted and signature:
            yield {"type": "redacted_thinking", "data": signature}

    def _hosted(self, block: Hosted) -> Iterator[JsonObject]:
        item: JsonObject = block.item
        if hosted.is_native(block.kind):
            yield item
        elif hosted.is_search(block.kind, item):
            self.searches_count += 1
            yield hosted.search_call_block(item)
            if hosted.has_result(item):
                cited: list[Annotation] = []
                if hosted.awaits_sources(item):
                    cited, self._cited = self._cited, []
                yield hosted.search_result_block(item, cited)
        elif block.kind == IMAGE_GENERATION_CALL and (picture := hosted.picture_text(item)) is not None:
            yield {"type": "text", "text": picture, "citations": None}


def _input_of(call: ToolCall) -> JsonObject:
    """The call's input; arguments that are no JSON object are told as none, which streaming clients make of them."""
    if call.kind is ToolKind.CUSTOM:
        return {"input": call.arguments}
    return object_in(call.arguments) or {}
