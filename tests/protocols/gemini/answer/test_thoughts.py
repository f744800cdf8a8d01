"""Signatures that wait for their part."""

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Thinking
from codex_proxy.protocols.gemini.answer.thoughts import Signatures


def test_a_second_signature_pushes_out_the_first() -> None:
    waiting = Signatures()
    assert waiting.add(Thinking(signature="a", origin="gemini")) is None
    assert waiting.add(Thinking()) is None
    assert waiting.add(ev.ThinkingEnded(block=0, signature="b", origin="gemini")) == "a"
    assert [waiting.take(), waiting.take()] == ["b", None]
