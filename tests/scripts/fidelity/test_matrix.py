"""The matrix: nothing is lost silently, and a loss would be seen."""

from dataclasses import replace

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.openai_chat.server import ChatServer
from scripts.fidelity.answers import AnswerFeature, fate_of_answer
from scripts.fidelity.matrix import CODECS, answer_matrix, request_matrix
from scripts.fidelity.requests import BASES, CHAT, FEATURES, merged
from scripts.fidelity.verdicts import MARK, Fate, Feature, fate_of_request, try_request

TEMPERATURE = next(feature for feature in FEATURES if feature.name == "temperature")


@pytest.mark.parametrize("matrix", [request_matrix, answer_matrix])
def test_nothing_is_lost_silently(matrix: object) -> None:
    cells = matrix().items()  # type: ignore[operator]
    assert [
        (feature, dialect) for feature, fates in cells for dialect, fate in fates.items() if fate is Fate.SILENT
    ] == []


def test_every_dialect_has_features_of_its_own() -> None:
    matrix = request_matrix()
    for dialect in CODECS:
        assert sum(fates[dialect] is not Fate.ABSENT for fates in matrix.values()) > 15


def test_what_leaves_no_trace_and_no_note_counts_as_lost() -> None:
    tried = try_request(ChatServer(), merged(BASES[CHAT], {"temperature": 0.5}), {})
    assert fate_of_request(TEMPERATURE, tried) is Fate.NOTED
    assert fate_of_request(TEMPERATURE, replace(tried, notes=frozenset())) is Fate.SILENT


def test_a_mark_is_looked_for_and_not_believed() -> None:
    body = merged(BASES[CHAT], {"messages": [{"role": "user", "content": MARK}]})
    assert fate_of_request(Feature(name="text"), try_request(ChatServer(), body, {})) is Fate.MAPPED
    plain = try_request(ChatServer(), BASES[CHAT], {})
    assert fate_of_request(Feature(name="text"), plain) is Fate.SILENT


def test_an_answer_that_does_not_show_a_mark_lost_it() -> None:
    unshown = AnswerFeature(name="nothing", events=(ev.TextStarted(block=0), ev.TextEnded(block=0, text="")))
    assert fate_of_answer(CHAT, ChatServer(), unshown) is Fate.SILENT


def test_a_refused_request_is_no_loss() -> None:
    tried = try_request(ChatServer(), merged(BASES[CHAT], {"n": 2}), {})
    assert fate_of_request(Feature(name="n"), tried) is Fate.REJECTED
