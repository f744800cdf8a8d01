"""Recorded chat completions, Responses and answers of the Codex backend: what is checked of them.

Rules of this file: an answer of the Responses family also goes to a Codex client, as the upstream's own frames.
"""

from collections.abc import Iterator

from codex_proxy.canonical.request import Dialect
from scripts.evidence.broken import half_of
from scripts.evidence.codecs import CODEX_HEADERS, Pair
from scripts.evidence.failures import ERRORS
from scripts.evidence.readers.answer import FAILED, differences
from scripts.evidence.readers.reading import Reading
from scripts.evidence.recording import Form, Recording
from scripts.evidence.retelling import Road, Told, Witness, across, chat_faults, own_roads, request_of

_RESPONSES = Dialect.OPENAI_RESPONSES


def _chat_roads(recording: Recording, pair: Pair) -> Iterator[Road]:
    yield from own_roads(recording, pair, Dialect.OPENAI_CHAT, relays=False)
    yield from across(pair, _RESPONSES)


def _chat_faults(road: Road, got: Reading, told: Told) -> list[str]:
    if road.native:
        return chat_faults(road, got, told)
    return differences(told.expected.answer, got.answer, one_thought=True)


def _responses_roads(recording: Recording, pair: Pair) -> Iterator[Road]:
    yield from own_roads(recording, pair, _RESPONSES, relays=True)
    if recording.form is Form.STREAM:
        request = request_of(pair.server, _RESPONSES, None, headers=CODEX_HEADERS)
        name = "relayed to a Codex client"
        yield Road(name=name, dialect=_RESPONSES, server=pair.server, request=request, relayed=True)
    yield from across(pair)


def _responses_faults(road: Road, got: Reading, told: Told) -> list[str]:
    if not road.native:
        return chat_faults(road, got, told)
    found = differences(told.expected.answer, got.answer)
    return [*found, *_item_faults(told.expected, got, relayed=road.relayed)]


def _item_faults(expected: Reading, got: Reading, *, relayed: bool) -> list[str]:
    """Whole items: relayed ones are unchanged, others keep their order and types."""
    if expected.answer.ending == FAILED:
        return []
    types = [[item.get("type") for item in reading.output] for reading in (expected, got)]
    if types[0] != types[1]:
        return [f"output item types: expected {types[0]}, got {types[1]}"]
    pairs = zip(expected.output, got.output, strict=True)
    changed = [f"{index} ({left.get('type')})" for index, (left, right) in enumerate(pairs) if left != right]
    return [f"output items changed: {', '.join(changed)}"] if relayed and changed else []


CHAT = Witness(errors=ERRORS, roads=_chat_roads, faults=_chat_faults, half=half_of, one_thought=True)
RESPONSES = Witness(errors=ERRORS, roads=_responses_roads, faults=_responses_faults, half=half_of)
