"""The blocks of a vendor's answer, put together from its parts.

Rules of this file: parts of one kind that follow each other are one block; a thought signature is an empty thought
before the part it came with, or closes the thought before it; the one that ends a text comes after it.  Signatures
stay verbatim, under Gemini's own origin.
"""

from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.gemini.decoding.calls import Calls
from codex_proxy.protocols.gemini.decoding.grounding import Sources
from codex_proxy.protocols.gemini.schema import CODE_INTERPRETER_CALL, IMAGE_GENERATION, ORIGIN, WEB_SEARCH_CALL
from codex_proxy.protocols.parts.json_text import encode

_MAX_PREFIX: Final = 40  # an id made here stays under 64 characters
_HANDLED: Final = frozenset({"thought", "thoughtSignature", "text"})


class Assembly:
    """Parts in, events out; call ``close`` once.  ``answer_id`` makes invented ids unique to the answer."""

    def __init__(self, context: CallContext) -> None:
        self.answer_id = ""
        self.sources = Sources()
        self._calls = Calls(context)
        self._block_count = 0
        self._thought_count = 0
        self._prose: _Prose | None = None
        self._text_bytes = 0  # of the text blocks that are closed
        self._running: tuple[int, JsonObject] | None = None  # code that the vendor runs

    @property
    def has_answer(self) -> bool:
        """Whether there is anything but thoughts."""
        return self._block_count > self._thought_count

    def add(self, part: JsonObject) -> Iterator[ev.Event]:
        """The events of one part."""
        told = part.get("thoughtSignature")
        signature = told if isinstance(told, str) and told else None
        text, call = part.get("text"), part.get("functionCall")
        if isinstance(call, dict):
            yield from self._call(call, signature)
        elif isinstance(text, str) and part.get("thought") is True:
            yield from self._think(text, signature)
        elif isinstance(text, str):
            yield from self._say(text, signature)
        elif part.keys() <= _HANDLED:
            yield from self._say("", signature)
        else:
            yield from self._show(part, signature)

    def close(self) -> Iterator[ev.Event]:
        """The ends of all open blocks, then the web search that grounds them."""
        yield from self._close_call()
        yield from self._close_code({})
        text = self._prose if self._prose is not None and not self._prose.thinks else None
        if text is None and any(self.sources.annotations("", self._text_bytes)):
            yield from self._turn_to(thinks=False)
            text = self._prose
        if text is not None:
            for annotation in self.sources.annotations("".join(text.pieces), self._text_bytes):
                text.annotations.append(annotation)
                yield ev.AnnotationAdded(block=text.block, annotation=annotation)
        yield from self._close_prose()
        search = self.sources.search(f"ws_{self.answer_id[:_MAX_PREFIX]}")
        if search is not None:
            yield from self._hosted(WEB_SEARCH_CALL, search)

    # Prose

    def _think(self, text: str, signature: str | None) -> Iterator[ev.Event]:
        yield from self._turn_to(thinks=True)
        if self._prose is None:
            return
        if text:
            self._prose.pieces.append(text)
            yield ev.ThinkingDelta(block=self._prose.block, text=text)
        if signature is not None:
            yield from self._sign(signature)

    def _say(self, text: str, signature: str | None) -> Iterator[ev.Event]:
        prose = self._prose
        speaks = prose is not None and not prose.thinks
        if signature is not None and (not speaks or (prose is not None and prose.signature is not None)):
            yield from self._sign(signature)
            signature = None
        if text:
            yield from self._turn_to(thinks=False)
            if self._prose is not None:
                self._prose.pieces.append(text)
                yield ev.TextDelta(block=self._prose.block, text=text)
        if signature is not None and self._prose is not None:
            self._prose.signature = signature

    def _sign(self, signature: str) -> Iterator[ev.Event]:
        """Close the open thought with its signature, or tell an empty one."""
        if self._prose is None or not self._prose.thinks:
            yield from self._turn_to(thinks=True)
        if self._prose is not None:
            self._prose.signature = signature
        yield from self._close_prose()

    def _turn_to(self, *, thinks: bool) -> Iterator[ev.Event]:
        yield from self._close_code({})
        if self._prose is not None and self._prose.thinks is thinks:
            return
        yield from self._close_prose()
        self._prose = _Prose(self._next_block(), thinks=thinks)
        self._thought_count += thinks
        block = self._prose.block
        yield ev.ThinkingStarted(block=block) if thinks else ev.TextStarted(block=block)

    def _close_prose(self) -> Iterator[ev.Event]:
        prose, self._prose = self._prose, None
        if prose is None:
            return
        text = "".join(prose.pieces)
        if prose.thinks:
            summary = (text,) if text else ()
            origin = None if prose.signature is None else ORIGIN
            yield ev.ThinkingEnded(block=prose.block, summary=summary, signature=prose.signature, origin=origin)
            return
        self._text_bytes += len(text.encode("utf-8", "replace"))
        yield ev.TextEnded(block=prose.block, text=text, annotations=tuple(prose.annotations))
        if prose.signature is not None:
            yield from self._sign(prose.signature)

    # Calls

    def _call(self, call: JsonObject, signature: str | None) -> Iterator[ev.Event]:
        if self._calls.continues(call):
            yield from self._calls.proceed(call)
            return
        if not isinstance(call.get("name"), str) or not call["name"]:
            return
        yield from self._close_call()
        yield from self._close_code({})
        if signature is not None:
            yield from self._sign(signature)
        yield from self._close_prose()
        block = self._next_block()
        yield from self._calls.begin(call, block, f"call_{self.answer_id[-_MAX_PREFIX:]}_{block}")

    def _close_call(self) -> Iterator[ev.Event]:
        yield from self._calls.end()

    # What the vendor made or ran

    def _show(self, part: JsonObject, signature: str | None) -> Iterator[ev.Event]:
        code, outcome, blob = (part.get(name) for name in ("executableCode", "codeExecutionResult", "inlineData"))
        if isinstance(outcome, dict) and self._running is not None:
            yield from self._close_code(outcome)
            return
        yield from self._close_code({})
        picture = _picture(blob)
        if signature is not None and (isinstance(code, dict) or picture is not None):
            yield from self._sign(signature)
        yield from self._close_prose()
        if isinstance(code, dict):
            yield from self._run(code.get("code"))
        elif isinstance(outcome, dict):
            yield from self._run(None)
            yield from self._close_code(outcome)
        elif picture is not None:
            item_id = f"ig_{self.answer_id[:_MAX_PREFIX]}_{self._block_count}"
            item = {"type": IMAGE_GENERATION, "id": item_id, "status": "completed", **picture}
            yield from self._hosted(IMAGE_GENERATION, item)
        else:
            name = next((name for name in part if name not in _HANDLED), "part")
            yield ev.OpaqueEvent(dialect=Dialect.GEMINI, name=name, payload=encode(part))

    def _run(self, code: Any) -> Iterator[ev.Event]:
        block = self._next_block()
        item: JsonObject = {
            "type": CODE_INTERPRETER_CALL,
            "id": f"ci_{self.answer_id[:_MAX_PREFIX]}_{block}",
            "status": "in_progress",
            "code": code if isinstance(code, str) else None,
        }
        self._running = (block, item)
        yield ev.HostedStarted(block=block, kind=CODE_INTERPRETER_CALL, item=item, item_id=item["id"])

    def _close_code(self, outcome: JsonObject) -> Iterator[ev.Event]:
        running, self._running = self._running, None
        if running is None:
            return
        block, item = running
        output, word = outcome.get("output"), outcome.get("outcome")
        status = "completed" if word in {"OUTCOME_OK", None} else "failed"
        outputs = [{"type": "logs", "logs": output if isinstance(output, str) else ""}] if outcome else []
        yield ev.HostedEnded(
            block=block, kind=CODE_INTERPRETER_CALL, item={**item, "status": status, "outputs": outputs}
        )

    def _hosted(self, kind: str, item: JsonObject) -> Iterator[ev.Event]:
        block = self._next_block()
        announced = {name: value for name, value in item.items() if name != "result"} | {"status": "in_progress"}
        yield ev.HostedStarted(block=block, kind=kind, item=announced, item_id=item["id"])
        yield ev.HostedEnded(block=block, kind=kind, item=item)

    def _next_block(self) -> int:
        self._block_count += 1
        return self._block_count - 1


class _Prose:
    __slots__ = ("annotations", "block", "pieces", "signature", "thinks")

    def __init__(self, block: int, *, thinks: bool) -> None:
        self.block = block
        self.thinks = thinks
        self.pieces: list[str] = []
        self.annotations: list[Any] = []
        self.signature: str | None = None


def _picture(blob: Any) -> JsonObject | None:
    media_type = blob.get("mimeType") if isinstance(blob, dict) else None
    if not isinstance(media_type, str) or not media_type.startswith("image/") or not isinstance(blob.get("data"), str):
        return None
    return {"output_format": media_type.removeprefix("image/"), "result": blob["data"]}
