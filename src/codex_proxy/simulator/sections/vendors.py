"""The vendors of a scenario: which dialects each speaks, whom it lets in, and what it answers to which call.

Rules of this file: data only.  The first rule that fits a call answers it.
"""

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.openai_chat.schema import ReasoningField
from codex_proxy.simulator.sections.steps import Reply, Step
from codex_proxy.simulator.unscripted.facts import Facts


class Wire(StrEnum):
    """A dialect that a vendor speaks."""

    CHAT = "chat"
    RESPONSES = "responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"


class VendorWhen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a call must be like; every member that is given must fit.

    ``request`` is the key's n-th call of its endpoint, from 1; ``endpoint`` the path behind the version, such as
    ``chat/completions``, or Gemini's verb, ``generateContent`` for both of its forms; ``stream`` whether a stream is
    asked for.
    """

    key: str | None = None
    request: int | None = None
    model: str | None = None
    contains: str | None = None
    matches: str | None = None
    has_tool_output: bool | None = None
    stream: bool | None = None
    endpoint: str | None = None

    def fits(self, facts: Facts, *, stream: bool) -> bool:
        """Whether a call is meant."""
        asked = (
            self.key is None or facts.account_id == self.key,
            self.request is None or facts.request_number == self.request,
            self.model is None or facts.model == self.model,
            self.contains is None or self.contains in facts.last_user_text,
            self.matches is None or re.search(self.matches, facts.last_user_text) is not None,
            self.has_tool_output is None or bool(facts.tool_outputs) is self.has_tool_output,
            self.stream is None or stream is self.stream,
            self.endpoint is None or facts.endpoint == self.endpoint,
        )
        return all(asked)


class RefusalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An HTTP error in the dialect's own words."""

    status: int
    message: str | None = None
    code: str | None = None
    retry_after_seconds: float | None = None


class RawAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer byte for byte, such as a recorded one.

    ``body`` is a text, ``chunks`` are bytes (base64 in YAML) of which each leaves by itself; ``cut`` breaks the
    connection after them.
    """

    status: int = 200
    headers: dict[str, str] = {}
    body: str | None = None
    chunks: list[bytes] = []
    gap_ms: float = 0.0
    cut: bool = False

    @property
    def pieces(self) -> list[bytes]:
        """The bytes, in the pieces that leave by themselves."""
        return [*([] if self.body is None else [self.body.encode()]), *self.chunks]


class VendorRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to answer to which call: one of ``refusal``, ``reply``, ``raw``, ``drop`` and ``steps``.

    ``drop`` breaks the connection before any answer.  Without ``when.endpoint`` a refusal and a drop answer whatever
    is asked, the others only what a model answers in words.
    """

    name: str | None = None
    when: VendorWhen = VendorWhen()
    refusal: RefusalSettings | None = None
    reply: Reply | None = None
    raw: RawAnswer | None = None
    drop: bool = False
    steps: list[Step] = []
    usage: JsonObject | None = None
    gap_ms: float = 0.0
    headers_after_ms: float = 0.0

    @property
    def answers(self) -> list[str]:
        """The answers that are given, by name."""
        given = {
            "refusal": self.refusal is not None,
            "reply": self.reply is not None,
            "raw": self.raw is not None,
            "drop": self.drop,
            "steps": bool(self.steps),
        }
        return [name for name, is_given in given.items() if is_given]

    @property
    def answers_everything(self) -> bool:
        """Whether it answers every endpoint, where it names none."""
        return self.refusal is not None or self.drop


class VendorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vendor.

    ``keys`` are those that are let in, None for whoever shows one; ``models`` are those it lists, and None answers for
    every model; ``reasoning_field`` is the member that carries a chat answer's thoughts.
    """

    wires: Annotated[tuple[Wire, ...], msgspec.Meta(min_length=1)] = tuple(Wire)
    keys: list[str] | None = None
    needs_key: bool = True
    models: list[str] | None = None
    reasoning_field: ReasoningField = ReasoningField.REASONING_CONTENT
    rules: list[VendorRule] = []

    def rule_for(self, facts: Facts, *, stream: bool, in_words: bool) -> VendorRule | None:
        """The rule that answers a call; ``in_words`` where a model answers it."""
        fitting = (rule for rule in self.rules if rule.when.fits(facts, stream=stream))
        return next(
            (rule for rule in fitting if in_words or rule.when.endpoint is not None or rule.answers_everything), None
        )


USUAL_VENDORS = {wire.value: VendorSettings(wires=(wire,)) for wire in Wire}
"""Who is there where a scenario names no vendor: one for each dialect, under its name."""
