"""A folded answer back to events, so that whole answers are built by the same code as streams."""

from collections.abc import Iterator

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, Opaque, Refusal, Text, Thinking, ToolCall
from codex_proxy.canonical.fold import AnswerPart, Response


def events_of(response: Response) -> Iterator[ev.Event]:
    """Start and end of every block, in order; no deltas."""
    for number, part in enumerate(response.parts):
        yield from _block(number, part)


def _block(number: int, part: AnswerPart) -> Iterator[ev.Event]:
    block = part.block
    match block:
        case Text():
            yield ev.TextStarted(block=number, item_id=part.item_id, phase=part.phase)
            for annotation in block.annotations:
                yield ev.AnnotationAdded(block=number, annotation=annotation)
            yield ev.TextEnded(block=number, text=block.text, annotations=block.annotations)
        case Refusal():
            yield ev.RefusalStarted(block=number, item_id=part.item_id)
            yield ev.RefusalEnded(block=number, text=block.text)
        case Thinking():
            yield ev.ThinkingStarted(block=number, item_id=block.item_id)
            yield ev.ThinkingEnded(
                block=number,
                summary=block.summary,
                content=block.content,
                signature=block.signature,
                origin=block.origin,
                redacted=block.redacted,
            )
        case ToolCall():
            yield ev.ToolCallStarted(
                block=number,
                call_id=block.call_id,
                name=block.name,
                kind=block.kind,
                namespace=block.namespace,
                item_id=block.item_id,
            )
            yield ev.ToolCallEnded(block=number, arguments=block.arguments)
        case Hosted() if block.origin is not None:
            return
        case Hosted():
            yield ev.HostedStarted(block=number, kind=block.kind, item=block.item, item_id=block.item_id)
            yield ev.HostedEnded(block=number, kind=block.kind, item=block.item)
        case Opaque():
            return
