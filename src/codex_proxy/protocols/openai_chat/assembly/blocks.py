"""The blocks of a vendor's answer, put together from its deltas.

Rules of this file: one prose block (thoughts, text, refusal) is open at a time; calls stay open until the end, because
their pieces may interleave; blocks are numbered in the order they open.
"""

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Any, Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, JsonObject
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_chat.assembly.calls import Calls
from codex_proxy.protocols.openai_chat.assembly.thinktags import ThinkTags
from codex_proxy.protocols.openai_chat.schema import IMAGE_GENERATION, ORIGIN, CallPiece, Delta
from codex_proxy.protocols.openai_chat.tokens import token_of

_MAX_PREFIX: Final = 40
_DATA_URL: Final = "data:image/"


class _Kind(Enum):
    TEXT = auto()
    THINKING = auto()
    REFUSAL = auto()


class Assembly:
    """Deltas in, events out; call ``close`` once.  ``answer_id`` makes invented ids unique to the answer."""

    def __init__(self, context: CallContext, *, think_tags: bool) -> None:
        self.answer_id = ""
        self._calls = Calls(context)
        self._tags = ThinkTags() if think_tags else None
        self._block_count = 0
        self._image_count = 0
        self._prose: _Prose | None = None
        self._text_base = 0
        self._early: list[Annotation] = []  # told before any text

    @property
    def has_nameless_call(self) -> bool:
        """Whether a call never said which tool it wants."""
        return self._calls.has_nameless

    def add(self, delta: Delta) -> Iterable[ev.Event]:
        """The events of one delta; more text of an open text block, the common case, takes the short way."""
        prose, content = self._prose, delta.content
        if prose is None or prose.kind is not _Kind.TEXT or self._tags is not None or not content:
            return self._add(delta)
        if not isinstance(content, str) or _says_more(delta):
            return self._add(delta)
        prose.pieces.append(content)
        return (ev.TextDelta(block=prose.block, text=content),)

    def _add(self, delta: Delta) -> Iterator[ev.Event]:
        yield from self._think(delta)
        for kind, text in self._content(delta.content):
            yield from self._say(kind, text)
        yield from self._annotate(delta.annotations)
        if isinstance(delta.refusal, str):
            yield from self._say(_Kind.REFUSAL, delta.refusal)
        if isinstance(delta.audio, dict) and isinstance(delta.audio.get("transcript"), str):
            yield from self._say(_Kind.TEXT, delta.audio["transcript"])
        for image in delta.images if isinstance(delta.images, list) else ():
            yield from self._show(image)
        for piece in delta.tool_calls or ():
            yield from self._call(piece)
        if delta.function_call is not None:
            yield from self._call(CallPiece(index=0, function=delta.function_call))

    def close(self) -> Iterator[ev.Event]:
        """The ends of all open blocks."""
        if self._tags is not None:
            for thinking, text in self._tags.end():
                yield from self._say(_Kind.THINKING if thinking else _Kind.TEXT, text)
        if self._early:
            yield from self._turn_to(_Kind.TEXT)
        yield from self._close_prose()
        yield from self._calls.close()

    def _call(self, piece: CallPiece) -> Iterator[ev.Event]:
        for event in self._calls.add(piece, self._next_block, answer_id=self.answer_id):
            if isinstance(event, ev.ToolCallStarted):
                yield from self._close_prose()
            yield event

    def _next_block(self) -> int:
        self._block_count += 1
        return self._block_count - 1

    # Prose

    def _think(self, delta: Delta) -> Iterator[ev.Event]:
        told = [text for text in (delta.reasoning_content, delta.reasoning) if isinstance(text, str) and text]
        details = [detail for detail in _list(delta.reasoning_details) if isinstance(detail, dict)]
        if not told:  # the details repeat the text
            told = [text for detail in details if isinstance(text := detail.get("text", detail.get("summary")), str)]
            told = ["".join(told)]
        yield from self._say(_Kind.THINKING, told[0])
        for detail in details:
            token = token_of(detail)
            if token is not None:
                yield from self._sign(token, detail.get("id"))

    def _sign(self, token: str, item_id: object) -> Iterator[ev.Event]:
        """A token for the open thought; a second one is that of another thought, which shows nothing else."""
        if self._prose is not None and self._prose.signature not in {None, token}:
            yield from self._close_prose()
        yield from self._turn_to(_Kind.THINKING)
        if self._prose is not None:
            self._prose.signature = token
            self._prose.item_id = item_id if isinstance(item_id, str) else None

    def _content(self, content: Any) -> Iterator[tuple[_Kind, str]]:
        """A string, or Mistral's list of text and thinking parts."""
        if isinstance(content, str):
            if self._tags is None:
                yield _Kind.TEXT, content
                return
            for thinking, text in self._tags.feed(content):
                yield (_Kind.THINKING if thinking else _Kind.TEXT), text
            return
        for part in _list(content):
            if isinstance(part, dict) and isinstance(part.get("thinking"), list):
                for thought in part["thinking"]:
                    yield _Kind.THINKING, _text_of(thought)
            else:
                yield _Kind.TEXT, _text_of(part)

    def _say(self, kind: _Kind, text: str) -> Iterator[ev.Event]:
        if not text:
            return
        yield from self._turn_to(kind)
        if self._prose is None:
            return
        self._prose.pieces.append(text)
        block = self._prose.block
        match kind:
            case _Kind.TEXT:
                yield ev.TextDelta(block=block, text=text)
            case _Kind.THINKING:
                yield ev.ThinkingDelta(block=block, text=text)
            case _Kind.REFUSAL:
                yield ev.RefusalDelta(block=block, text=text)

    def _turn_to(self, kind: _Kind) -> Iterator[ev.Event]:
        if self._prose is not None and self._prose.kind is kind:
            return
        yield from self._close_prose()
        block = self._next_block()
        self._prose = _Prose(kind, block)
        match kind:
            case _Kind.TEXT:
                yield ev.TextStarted(block=block)
                early, self._early = self._early, []
                for annotation in early:
                    yield self._annotated(self._prose, annotation)
            case _Kind.THINKING:
                yield ev.ThinkingStarted(block=block)
            case _Kind.REFUSAL:
                yield ev.RefusalStarted(block=block)

    def _close_prose(self) -> Iterator[ev.Event]:
        prose, self._prose = self._prose, None
        if prose is None:
            return
        text = "".join(prose.pieces)
        match prose.kind:
            case _Kind.TEXT:
                self._text_base += len(text)
                yield ev.TextEnded(block=prose.block, text=text, annotations=tuple(prose.annotations))
            case _Kind.THINKING:
                yield ev.ThinkingEnded(
                    block=prose.block,
                    summary=(text,) if text else (),
                    signature=prose.signature,
                    origin=None if prose.signature is None else ORIGIN,
                    item_id=prose.item_id,
                )
            case _Kind.REFUSAL:
                yield ev.RefusalEnded(block=prose.block, text=text)

    # Citations and pictures

    def _annotate(self, annotations: Any) -> Iterator[ev.Event]:
        for told in _list(annotations):
            annotation = _read_annotation(told, self._text_base)
            if annotation is None:
                continue
            if self._prose is not None and self._prose.kind is _Kind.TEXT:
                yield self._annotated(self._prose, annotation)
            else:
                self._early.append(annotation)

    def _annotated(self, prose: "_Prose", annotation: Annotation) -> ev.Event:
        prose.annotations.append(annotation)
        return ev.AnnotationAdded(block=prose.block, annotation=annotation)

    def _show(self, image: Any) -> Iterator[ev.Event]:
        link = image.get("image_url") if isinstance(image, dict) else None
        url = link.get("url") if isinstance(link, dict) else None
        if not isinstance(url, str) or not url.startswith(_DATA_URL):
            return
        head, _, data = url.partition(",")
        form = head.removeprefix(_DATA_URL).partition(";")[0]
        self._image_count += 1
        item_id = f"ig_{self.answer_id[:_MAX_PREFIX]}_{self._image_count}"
        item: JsonObject = {"type": IMAGE_GENERATION, "id": item_id, "status": "completed", "output_format": form}
        yield from self._close_prose()
        block = self._next_block()
        yield ev.HostedStarted(block=block, kind=IMAGE_GENERATION, item=item, item_id=item_id)
        yield ev.HostedEnded(block=block, kind=IMAGE_GENERATION, item={**item, "result": data})


class _Prose:
    __slots__ = ("annotations", "block", "item_id", "kind", "pieces", "signature")

    def __init__(self, kind: _Kind, block: int) -> None:
        self.kind = kind
        self.block = block
        self.pieces: list[str] = []
        self.annotations: list[Annotation] = []
        self.signature: str | None = None
        self.item_id: str | None = None


def _says_more(delta: Delta) -> bool:
    """Whether there is anything beside the content."""
    return bool(
        delta.reasoning_content
        or delta.reasoning
        or delta.reasoning_details
        or delta.refusal
        or delta.tool_calls
        or delta.function_call is not None
        or delta.annotations
        or delta.audio
        or delta.images
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text_of(part: Any) -> str:
    if isinstance(part, dict):
        part = part.get("text")
    return part if isinstance(part, str) else ""


def _read_annotation(told: Any, base: int) -> Annotation | None:
    citation = told.get("url_citation") if isinstance(told, dict) else None
    if not isinstance(citation, dict):
        return None
    known = {"url", "title", "start_index", "end_index"}
    start, end = (_offset(citation.get(name), base) for name in ("start_index", "end_index"))
    url, title = (_text_of(citation.get(name)) for name in ("url", "title"))
    extra = {name: value for name, value in citation.items() if name not in known}
    return Annotation(kind="url_citation", url=url, title=title, start_index=start, end_index=end, extra=extra)


def _offset(value: Any, base: int) -> int | None:
    return max(0, value - base) if isinstance(value, int) else None
