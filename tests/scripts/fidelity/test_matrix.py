"""The matrix: nothing is lost silently, on the way to no upstream, and a loss would be seen."""

from dataclasses import replace

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.openai_chat.server import ChatServer
from scripts.fidelity.answers import AnswerFeature, fate_of_answer
from scripts.fidelity.fragments import ANTHROPIC, BASES, CHAT, CODEX, RESPONSES, merged
from scripts.fidelity.matrix import CODECS, answer_matrix, request_matrix
from scripts.fidelity.requests import FEATURES
from scripts.fidelity.traces import TRACES, trace_of
from scripts.fidelity.upstreams import UPSTREAMS, try_request
from scripts.fidelity.verdicts import ANYWHERE, MARK, Fate, Feature, Tried, fate_of_notes, fate_of_request

TEXT = Feature(name="text")
NAMES = {feature.name: feature for feature in FEATURES}


def tried(feature: str, dialect: str = CHAT, upstream: str = CODEX, codec: ServerCodec | None = None) -> Tried:
    body = merged(BASES[dialect], FEATURES[NAMES[feature]][dialect])
    return try_request(codec or ChatServer(), body, {}, upstream=upstream)


def fate(feature: str, upstream: str, tried: Tried) -> Fate:
    return fate_of_request(NAMES[feature], trace_of(feature, upstream), tried)


@pytest.mark.parametrize("passes", [False, True])
@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_no_request_loses_anything_silently(upstream: str, *, passes: bool) -> None:
    cells = request_matrix(upstream, passes=passes).items()
    assert [
        (feature, dialect) for feature, fates in cells for dialect, one in fates.items() if one is Fate.SILENT
    ] == []


def test_no_answer_loses_anything_silently() -> None:
    cells = answer_matrix().items()
    assert [
        (feature, dialect) for feature, fates in cells for dialect, one in fates.items() if one is Fate.SILENT
    ] == []


def test_every_dialect_has_features_of_its_own() -> None:
    matrix = request_matrix()
    for dialect in CODECS:
        assert sum(fates[dialect] is not Fate.ABSENT for fates in matrix.values()) > 25


@pytest.mark.parametrize("wire", UPSTREAMS[1:])
def test_a_vendor_of_the_clients_own_dialect_is_told_what_was_not_refused(wire: str) -> None:
    said = [fates[wire] for fates in request_matrix(wire, passes=True).values() if fates[wire] is not Fate.ABSENT]
    assert set(said) <= {Fate.MAPPED, Fate.REJECTED, Fate.NOTED}
    assert said.count(Fate.MAPPED) > 0.8 * len(said)


def test_every_trace_is_of_a_feature() -> None:
    assert TRACES.keys() - NAMES.keys() == set()


def test_what_leaves_no_trace_and_no_note_counts_as_lost() -> None:
    asked = tried("temperature")
    assert fate("temperature", CODEX, asked) is Fate.NOTED
    assert fate("temperature", CODEX, replace(asked, notes=frozenset())) is Fate.SILENT


def test_notes_of_what_was_put_in_tell_of_no_loss() -> None:
    added = Note(path="messages[0]", verdict=Verdict.INVENTED)
    lost = Note(path="n", verdict=Verdict.DROPPED, weight=Weight.LOSSY)
    assert fate_of_notes([added]) is Fate.SILENT
    assert fate_of_notes([added], harmless=True) is Fate.COSMETIC
    assert fate_of_notes([added, lost]) is Fate.LOSSY


def test_a_mark_is_looked_for_and_not_believed() -> None:
    body = merged(BASES[CHAT], {"messages": [{"role": "user", "content": MARK}]})
    for upstream in UPSTREAMS:
        marked = try_request(ChatServer(), body, {}, upstream=upstream)
        assert fate_of_request(TEXT, ANYWHERE, marked) is Fate.MAPPED
        plain = try_request(ChatServer(), BASES[CHAT], {}, upstream=upstream)
        assert fate_of_request(TEXT, ANYWHERE, plain) is Fate.SILENT


def test_what_is_said_in_other_words_is_told_apart() -> None:
    asked = tried("JSON output", upstream=ANTHROPIC)
    assert fate("JSON output", ANTHROPIC, asked) is Fate.REFORMED
    assert fate("JSON output", CHAT, tried("JSON output", upstream=CHAT)) is Fate.MAPPED


def test_the_gateway_stands_in_only_where_it_says_so() -> None:
    asked = tried("stop strings", upstream=RESPONSES)
    assert fate("stop strings", RESPONSES, asked) is Fate.EMULATED
    assert fate("stop strings", RESPONSES, replace(asked, emulates=False)) is Fate.SILENT


def test_an_answer_that_does_not_show_a_mark_lost_it() -> None:
    unshown = AnswerFeature(name="nothing", events=(ev.TextStarted(block=0), ev.TextEnded(block=0, text="")))
    assert fate_of_answer(CHAT, ChatServer(), unshown) is Fate.SILENT


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_a_refused_request_is_no_loss(upstream: str) -> None:
    feature = "several answers (n)"
    assert fate(feature, upstream, tried(feature, upstream=upstream)) is Fate.REJECTED


def test_a_vendor_is_refused_what_it_cannot_keep() -> None:
    file = tried("uploaded file, by id", ANTHROPIC, RESPONSES, AnthropicServer())
    assert fate("uploaded file, by id", RESPONSES, file) is Fate.REJECTED
