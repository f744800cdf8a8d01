"""Clients of every dialect ask vendors of every wire; each answer is read by the dialect's official SDK."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.canonical.request import Dialect
from scripts.evidence.readers.answer import Answer
from scripts.evidence.readers.sdks import Readers
from tests.scenarios.vendor_stage import DIALECTS, WIRES, VendorStage, said, vendor_stage

RULES = """
    rules:
      - {when: {contains: plainly}, steps: [{text: Good day to you.}], usage: {input_tokens: 11, output_tokens: 5}}
      - {when: {contains: thoughtfully}, steps: [{reasoning: [Let me see.]}, {text: Seen.}]}
      - when: {contains: both}
        steps: [{calls: [{name: look, arguments: {q: Oslo}}, {name: look, arguments: {q: Lima}}]}]
      - {when: {contains: picture}, steps: [{text: "{{ image_count }} seen"}]}
      - {when: {contains: shaped}, steps: [{text: '{"q":"Oslo"}'}]}
"""
SCENARIO = "vendors:\n" + "".join(f"  {wire}:\n    wires: [{wire}]{RULES}" for wire in WIRES)
OWN = {
    Dialect.OPENAI_CHAT: "chat",
    Dialect.OPENAI_RESPONSES: "responses",
    Dialect.ANTHROPIC: "anthropic",
    Dialect.GEMINI: "gemini",
}


class Asked:
    """One gateway, and the SDKs that read its answers."""

    def __init__(self, stage: VendorStage, readers: Readers) -> None:
        self.stage = stage
        self._readers = readers

    async def __call__(self, dialect: Dialect, wire: str, text: str, *, stream: bool, **wanted: Any) -> Answer:
        status, content = await self.stage.ask(dialect, wire, text, stream=stream, **wanted)
        assert status == 200, (dialect, wire, text, content)
        return self._readers.told(dialect, content, streamed=stream).answer


async def every_way(asked: Asked, text: str, **wanted: Any) -> dict[tuple[str, str, bool], Answer]:
    """The answers, by dialect, wire and whether they were streamed."""
    return {
        (dialect.value, wire, stream): await asked(dialect, wire, text, stream=stream, **wanted)
        for dialect in DIALECTS
        for wire in WIRES
        for stream in (True, False)
    }


def wrong(answers: dict[tuple[str, str, bool], Answer], fact: Any, expected: Any) -> dict[Any, Any]:
    """Where an answer says something else."""
    return {way: told for way, answer in answers.items() if (told := fact(answer)) != expected}


async def test_five_dialects_ask_four_wires(tmp_path: Path) -> None:
    with Readers() as readers:
        async with vendor_stage(tmp_path, SCENARIO) as stage:
            asked = Asked(stage, readers)
            plain = await every_way(asked, "speak plainly")
            assert wrong(plain, lambda answer: answer.text, "Good day to you.") == {}
            assert wrong(plain, lambda answer: (answer.usage.input, answer.usage.output), (11, 5)) == {}
            calls = await every_way(asked, "both cities", tools=True)
            told = [("look", {"q": "Oslo"}), ("look", {"q": "Lima"})]
            assert wrong(calls, lambda answer: [(call.name, said(call.arguments)) for call in answer.calls], told) == {}
            pictures = await every_way(asked, "what picture is this", picture=True)
            assert wrong(pictures, lambda answer: answer.text, "1 seen") == {}
            shaped = await every_way(asked, "shaped please", shaped=True)
            assert wrong(shaped, lambda answer: said(answer.text), {"q": "Oslo"}) == {}
            thoughts = await every_way(asked, "thoughtfully now", thinks=True)
            assert wrong(thoughts, lambda answer: answer.text, "Seen.") == {}
            assert wrong(thoughts, lambda answer: "".join(answer.reasoning), "Let me see.") == {}


@pytest.mark.parametrize("dialect", list(OWN))
async def test_a_client_of_the_vendors_dialect_gets_the_vendors_bytes(tmp_path: Path, dialect: Dialect) -> None:
    async with vendor_stage(tmp_path, SCENARIO) as stage:
        for stream in (True, False):
            for text in ("speak plainly", "thoughtfully", "both cities"):
                _, content = await stage.ask(dialect, OWN[dialect], text, stream=stream, tools="both" in text)
                assert content == (await stage.calls())[-1]["answered"], (text, stream)


@pytest.mark.parametrize("stream", [False, True])
async def test_what_a_vendor_cannot_be_told_is_told_to_the_client(tmp_path: Path, *, stream: bool) -> None:
    asked = {
        "messages": [{"role": "user", "content": "speak plainly"}],
        "seed": 5,
        "verbosity": "low",
        "stream": stream,
    }
    async with vendor_stage(tmp_path, SCENARIO) as stage:
        notes = {}
        for wire in WIRES:
            reply = await stage.play.client.post("/v1/chat/completions", json=asked | {"model": f"{wire}:m-1"})
            notes[wire] = reply.headers.get("x-codex-proxy-notes")
        sent = dict(zip(WIRES, [call["raw"] for call in await stage.calls()], strict=True))
    assert notes == {
        "chat": None,
        "responses": "seed;dropped",
        "anthropic": "seed;dropped, verbosity;dropped",
        "gemini": "verbosity;dropped",
    }
    assert {wire: (b'"seed"' in raw, b'"verbosity"' in raw) for wire, raw in sent.items()} == {
        "chat": (True, True),
        "responses": (False, True),
        "anthropic": (False, False),
        "gemini": (True, False),
    }
