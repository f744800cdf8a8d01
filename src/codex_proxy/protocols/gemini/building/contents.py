"""Turns as ``contents`` for a vendor.

Rules of this file: roles alternate, so turns of one side are merged; the results of parallel calls stand together,
pictures that tools gave back after them; every result names its function.  Gemini's own signatures go back on the part
they came with, others stay here, and where a model insists on one the documented stand-in is sent.
"""

from collections.abc import Sequence
from typing import Final, assert_never

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    File,
    Hosted,
    Image,
    JsonObject,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolKind,
    ToolResult,
)
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.gemini.answer.parts import EMPTY_TEXT, code_parts, signed
from codex_proxy.protocols.gemini.building.media import media_part
from codex_proxy.protocols.gemini.schema import CODE_INTERPRETER_CALL, ORIGIN, SKIP_SIGNATURE
from codex_proxy.protocols.parts.asking.nested import put_back
from codex_proxy.protocols.parts.json_text import object_in
from codex_proxy.protocols.parts.names import NameMap
from codex_proxy.protocols.parts.pairing import repair_pairs

_INSTRUCTIONS: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})
_MODEL: Final = "model"
_USER: Final = "user"


class Writing:
    """What the writer has to know of the vendor and the model.

    ``call_ids`` sends ids of calls; ``signed`` puts the stand-in on the first call of a step that has no signature;
    ``drop_signatures`` leaves Gemini's own out too; ``keeps_members`` sends what only this dialect's clients say.
    """

    __slots__ = ("call_ids", "drop_signatures", "keeps_members", "names", "signed")

    def __init__(
        self, names: NameMap, *, call_ids: bool, signed: bool, drop_signatures: bool, keeps_members: bool = False
    ) -> None:
        self.keeps_members = keeps_members
        self.names = names
        self.call_ids = call_ids
        self.signed = signed
        self.drop_signatures = drop_signatures


def write_contents(request: Request, writing: Writing) -> tuple[str | None, list[JsonObject], list[Note]]:
    """The system instruction, the contents, and what was lost.

    Raises:
        Unsupported: a block holds content that the vendor cannot read.
    """
    told, turns = _split(request)
    repaired, notes = repair_pairs(turns)
    writer = _Writer(writing, repaired)
    writer.notes.extend(notes)
    for index, turn in enumerate(repaired):
        writer.write(turn, f"contents[{index}]")
    return told, writer.closed(), writer.notes


def _split(request: Request) -> tuple[str | None, tuple[Turn, ...]]:
    """Instructions, with the leading run of system and developer turns, and the rest."""
    leading = 0
    while leading < len(request.turns) and _is_instruction(request.turns[leading]):
        leading += 1
    texts = [
        "".join(block.text for block in turn.blocks if isinstance(block, Text)) for turn in request.turns[:leading]
    ]
    hoisted = [text for text in (request.instructions, *texts) if text]
    return "\n\n".join(hoisted) or None, request.turns[leading:]


def _is_instruction(turn: Turn) -> bool:
    return turn.role in _INSTRUCTIONS and all(isinstance(block, Text) for block in turn.blocks)


class _Writer:
    def __init__(self, writing: Writing, turns: Sequence[Turn]) -> None:
        self.notes: list[Note] = []
        self._writing = writing
        self._contents: list[JsonObject] = []
        self._later: list[JsonObject] = []  # what tools gave back beside text
        self._signature: str | None = None
        self._steps_signed: set[int] = set()
        self._names = {
            block.call_id: block.name for turn in turns for block in turn.blocks if isinstance(block, ToolCall)
        }

    def write(self, turn: Turn, path: str) -> None:
        role = _MODEL if turn.role is Role.ASSISTANT else _USER
        if turn.role in _INSTRUCTIONS:
            self._note(path, Verdict.APPROXIMATED, "instructions inside a conversation are the user's words")
        if self._role() != role:
            self._flush()
        for index, block in enumerate(turn.blocks):
            for part in self._parts(block, f"{path}.parts[{index}]"):
                self._append(role, self._with_members(part, block))
        if self._writing.keeps_members and turn.extra and self._role() == role:
            self._contents[-1] |= turn.extra

    def _with_members(self, part: JsonObject, block: Block) -> JsonObject:
        extra = getattr(block, "extra", None) if self._writing.keeps_members else None
        return put_back(part, extra) if extra else part

    def closed(self) -> list[JsonObject]:
        self._flush()
        return self._contents

    def _role(self) -> str | None:
        return self._contents[-1]["role"] if self._contents else None

    def _append(self, role: str, part: JsonObject) -> None:
        if self._role() != role:
            self._contents.append({"role": role, "parts": []})
        self._contents[-1]["parts"].append(part)

    def _flush(self) -> None:
        """Close the content of one side: a signature without a part of its own, and what tools gave back."""
        if self._signature is not None:
            self._append(_MODEL, signed(EMPTY_TEXT, self._take_signature()))
        for part in self._later:
            self._append(_USER, part)
        self._later = []

    def _parts(self, block: Block, path: str) -> list[JsonObject]:
        match block:
            case Text() | Refusal():
                return [signed({"text": block.text}, self._take_signature())] if block.text else []
            case Image() | File() | Audio():
                return [media_part(block, path, named=self._writing.keeps_members)]
            case Thinking():
                return self._think(block, path)
            case ToolCall():
                return [self._call(block, path)]
            case ToolResult():
                return [self._result(block, path)]
            case Hosted():
                return self._hosted(block, path)
            case Opaque():
                return self._own(block, path)
            case _:
                assert_never(block)

    def _think(self, block: Thinking, path: str) -> list[JsonObject]:
        if block.signature is None or block.origin != ORIGIN or self._writing.drop_signatures:
            self.notes.append(Note(path=path, verdict=Verdict.DROPPED, detail="the vendor takes no thoughts back"))
            return []
        before = self._take_signature()
        self._signature = block.signature
        return [] if before is None else [signed(EMPTY_TEXT, before)]

    def _take_signature(self) -> str | None:
        signature, self._signature = self._signature, None
        return signature

    def _call(self, call: ToolCall, path: str) -> JsonObject:
        told: JsonObject = {"name": self._writing.names.upstream(call.name), "args": self._args(call, path)}
        if self._writing.call_ids:
            told = {"id": call.call_id, **told}
        step = len(self._contents) + (self._role() != _MODEL)
        signature = self._take_signature()
        if signature is None and self._writing.signed and step not in self._steps_signed:
            signature = SKIP_SIGNATURE
        self._steps_signed.add(step)
        return signed({"functionCall": told}, signature)

    def _args(self, call: ToolCall, path: str) -> JsonObject:
        if call.kind is ToolKind.CUSTOM:
            return {"input": call.arguments}
        told = object_in(call.arguments)
        if told is not None:
            return told
        self._note(f"{path}.functionCall.args", Verdict.APPROXIMATED, "the arguments are no JSON object")
        return {"arguments": call.arguments}

    def _result(self, result: ToolResult, path: str) -> JsonObject:
        texts: list[str] = []
        for index, part in enumerate(result.parts):
            if isinstance(part, Text):
                texts.append(part.text)
            else:
                self._later.extend(self._parts(part, f"{path}.parts[{index}]"))
        name = self._names.get(result.call_id) or result.name or "tool"
        answer = {"error" if result.is_error else "result": "\n".join(texts)}
        told: JsonObject = {"name": self._writing.names.upstream(name), "response": answer}
        return {"functionResponse": {"id": result.call_id, **told} if self._writing.call_ids else told}

    def _hosted(self, block: Hosted, path: str) -> list[JsonObject]:
        parts = code_parts(block.item) if block.kind == CODE_INTERPRETER_CALL else []
        if not parts and block.retold:
            self.notes.append(Note(path=path, verdict=Verdict.APPROXIMATED, detail=f"{block.kind} is retold"))
            parts = [{"text": block.retold}]
        elif not parts:
            self._note(path, Verdict.DROPPED, f"the vendor does not know {block.kind}")
        return [signed(part, self._take_signature()) for part in parts]

    def _own(self, block: Opaque, path: str) -> list[JsonObject]:
        if block.dialect == Dialect.GEMINI:
            return [block.payload]
        self._note(path, Verdict.DROPPED, "has no meaning for the vendor")
        return []

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))
