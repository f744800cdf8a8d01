"""An unstreamed answer: the parts of a folded response, in order."""

from typing import assert_never

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, JsonObject, Opaque, Refusal, Text, Thinking, ToolCall
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.gemini.answer.calls import call_object
from codex_proxy.protocols.gemini.answer.encoder import answer_object
from codex_proxy.protocols.gemini.answer.finish import finish_members
from codex_proxy.protocols.gemini.answer.grounding import Grounding
from codex_proxy.protocols.gemini.answer.parts import (
    EMPTY_TEXT,
    bare_text,
    code_parts,
    picture_part,
    signed,
    text_part,
)
from codex_proxy.protocols.gemini.answer.thoughts import Signatures
from codex_proxy.protocols.gemini.schema import (
    CODE_INTERPRETER_CALL,
    IMAGE_GENERATION,
    WEB_SEARCH_CALL,
    ReplyForm,
    usage_object,
)
from codex_proxy.protocols.parts.answers.thoughts import PART_SEPARATOR


def whole_answer(
    response: Response, ending: ev.Completed | ev.Incomplete, *, form: ReplyForm, shared: JsonObject
) -> JsonObject:
    """The ``GenerateContentResponse``; ``shared`` are the members that every answer has."""
    answer = _Answer(form)
    for part in response.parts:
        answer.add(part)
    usage = response.usage
    tier = response.service_tier if form.tier else None
    return answer_object(
        answer.closed(),
        finish=finish_members(ending, answer.malformed),
        grounding=answer.grounding.result(),
        usage=None if usage is None else usage_object(usage, tier),
        shared=shared,
    )


class _Answer:
    def __init__(self, form: ReplyForm) -> None:
        self.grounding = Grounding()
        self.malformed: ToolCall | None = None
        self._form = form
        self._parts: list[JsonObject] = []
        self._signatures = Signatures()
        self._thought_before = False

    def add(self, part: AnswerPart) -> None:
        block = part.block
        match block:
            case Text():
                self.grounding.add_text(block.text, block.annotations)
                self._say(bare_text(block.text) if self._form.bare_text else block.text)
            case Refusal():
                self._say(block.text)
            case Thinking():
                self._think(block)
            case ToolCall():
                self._call(block)
            case Hosted():
                self._show(block)
            case Opaque():
                if block.dialect == Dialect.GEMINI:
                    self._parts.append(block.payload)
            case _:
                assert_never(block)

    def closed(self) -> list[JsonObject]:
        """All parts; a signature that no call took stands on the last text."""
        signature = self._signatures.take()
        if signature is None:
            return self._parts
        last = self._parts[-1] if self._parts else {}
        if last.keys() == {"text"}:
            self._parts[-1] = signed(last, signature)
        else:
            self._parts.append(signed(EMPTY_TEXT, signature))
        return self._parts

    def _say(self, text: str) -> None:
        if text:
            self._parts.append(text_part(text))

    def _think(self, block: Thinking) -> None:
        text = PART_SEPARATOR.join(filter(None, block.summary or block.content))
        if text and self._form.thoughts:
            lead = PART_SEPARATOR if self._thought_before else ""
            self._parts.append(text_part(lead + text, thought=True))
            self._thought_before = True
        pushed = self._signatures.add(block)
        if pushed is not None:
            self._parts.append(signed(EMPTY_TEXT, pushed))

    def _call(self, block: ToolCall) -> None:
        told = call_object(block)
        if told is None:
            self.malformed = self.malformed or block
        else:
            self._parts.append(signed({"functionCall": told}, self._signatures.take()))

    def _show(self, block: Hosted) -> None:
        if block.kind == WEB_SEARCH_CALL:
            self.grounding.add_search(block.item)
        elif block.kind == CODE_INTERPRETER_CALL:
            self._parts.extend(code_parts(block.item))
        elif block.kind == IMAGE_GENERATION and (picture := picture_part(block.item)) is not None:
            self._parts.append(picture)
