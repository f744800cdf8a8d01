"""Recorded Gemini answers: what is checked of them.

Rules of this file: an answer goes out in all three of Gemini's forms: ``whole``, ``stream`` and ``array``.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from scripts.evidence.broken import half_of
from scripts.evidence.codecs import Pair
from scripts.evidence.failures import ErrorForm
from scripts.evidence.readers.answer import differences
from scripts.evidence.readers.reading import Reading
from scripts.evidence.recording import Form, Recording
from scripts.evidence.retelling import PLAIN_ENDINGS, Road, Told, Witness, across, chat_faults, without_usage

_SMALLEST: dict[str, Any] = {
    "contents": [{"parts": [{"text": "x"}]}],
    "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
}
_FORMS = (("whole", Verb.GENERATE, False), ("stream", Verb.STREAM, True), ("array", Verb.STREAM, False))
_OTHER = "incomplete:other"  # a reason that Gemini has no word for
_K = FailureKind
_KINDS = {
    400: frozenset({
        _K.INVALID_REQUEST, _K.UNSUPPORTED_PARAMETER, _K.CONTEXT_TOO_LONG, _K.STALE_REASONING, _K.POLICY,
        _K.UNAUTHORIZED, _K.REGION_BLOCKED,  # Google answers bad keys and refused countries with 400
    }),
    401: frozenset({_K.UNAUTHORIZED}),
    403: frozenset({_K.FORBIDDEN, _K.UNAUTHORIZED, _K.DEACTIVATED, _K.PAYMENT_REQUIRED, _K.REGION_BLOCKED}),
    404: frozenset({_K.MODEL_NOT_FOUND}),
    429: frozenset({_K.RATE_LIMITED, _K.USAGE_LIMIT, _K.PAYMENT_REQUIRED}),
}  # fmt: skip


def _server(recording: Recording) -> ServerCodec:
    return GeminiServer(model="m", verb=Verb.STREAM if recording.form is Form.STREAM else Verb.GENERATE)


def _roads(_: Recording, pair: Pair) -> Iterator[Road]:
    body = msgspec.json.encode(_SMALLEST)
    for name, verb, sse in _FORMS:
        server = GeminiServer(model="m", verb=verb, sse=sse)
        request = server.parse_request(body, headers={}).request
        streamed = verb is Verb.STREAM
        yield Road(name=name, dialect=Dialect.GEMINI, server=server, request=request, streamed=streamed)
    yield from across(pair)


def _faults(road: Road, got: Reading, told: Told) -> list[str]:
    if not road.native:
        return chat_faults(road, got, told)
    ending = told.expected.answer.ending
    expected = replace(told.expected.answer, ending=ending if ending in PLAIN_ENDINGS else _OTHER)
    # a blank line stands between thoughts, wherever the vendor began a new one
    plain = [
        replace(without_usage(answer), reasoning=("".join("".join(answer.reasoning).split()),))
        for answer in (expected, got.answer)
    ]
    return differences(plain[0], plain[1])


WITNESS = Witness(
    errors=ErrorForm(kinds=_KINDS, exception=lambda status: "ClientError" if status < 500 else "ServerError"),
    server=_server,
    roads=_roads,
    faults=_faults,
    half=half_of,
    one_thought=True,
)
