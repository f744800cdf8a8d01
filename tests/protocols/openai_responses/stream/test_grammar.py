"""What a legal stream looks like."""

from codex_proxy.protocols.openai_responses.stream.grammar import GRAMMAR
from codex_proxy.protocols.parts.legality import Legality


def test_a_legal_text_answer_passes() -> None:
    machine = Legality(GRAMMAR)
    item, part = 0, (0, 0)
    steps = [
        ("response.created", None),
        ("response.in_progress", None),
        ("response.output_item.added", item),
        ("response.content_part.added", part),
        ("response.output_text.delta", part),
        ("response.output_text.done", part),
        ("response.content_part.done", part),
        ("response.output_item.done", item),
        ("response.completed", None),
    ]
    assert [machine.accept(token, key) for token, key in steps] == [True] * len(steps)
    assert machine.finished


def test_text_outside_its_part_and_a_second_end_are_refused() -> None:
    machine = Legality(GRAMMAR)
    assert not machine.accept("response.output_text.delta", (0, 0))
    machine.accept("response.created", None)
    assert not machine.accept("response.output_text.delta", (0, 0))
    assert machine.accept("response.completed", None)
    assert not machine.accept("response.completed", None)
    assert machine.refused == 3
