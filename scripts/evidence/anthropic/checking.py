"""Recorded messages: what is checked of them.

Rules of this file: frames that are relayed keep their content blocks as they are.
"""

from collections.abc import Iterator
from dataclasses import replace

from codex_proxy.canonical.request import Dialect
from scripts.evidence.broken import half_of
from scripts.evidence.codecs import Pair
from scripts.evidence.failures import ERRORS
from scripts.evidence.readers.answer import FAILED, differences
from scripts.evidence.readers.reading import Reading
from scripts.evidence.recording import Recording
from scripts.evidence.retelling import Road, Told, Witness, across, chat_faults, own_roads


def _roads(recording: Recording, pair: Pair) -> Iterator[Road]:
    yield from own_roads(recording, pair, Dialect.ANTHROPIC, relays=True)
    yield from across(pair)


def _faults(road: Road, got: Reading, told: Told) -> list[str]:
    if not road.native:
        return chat_faults(road, got, told)
    expected = told.expected
    answer = got.answer
    if answer.ending == FAILED:
        answer = replace(answer, usage=expected.answer.usage)  # the prompt's size is told at the start
    found = differences(expected.answer, answer, parsed_arguments=True)
    changed = road.relayed and expected.source == got.source and expected.output != got.output
    return [*found, "content blocks changed"] if changed else found


WITNESS = Witness(errors=ERRORS, roads=_roads, faults=_faults, half=half_of, parsed_arguments=True)
