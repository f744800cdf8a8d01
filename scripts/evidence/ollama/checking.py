"""Recorded answers of an Ollama server: what is checked of them.

Rules of this file: an answer goes out at the endpoint that gave it; a stream's half ends at the end of a line.
"""

from collections.abc import Iterator

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.ollama.schema import Endpoint
from codex_proxy.protocols.ollama.server import OllamaServer
from scripts.evidence.codecs import Pair
from scripts.evidence.failures import ErrorForm
from scripts.evidence.readers.answer import differences
from scripts.evidence.readers.reading import Reading
from scripts.evidence.recording import Recording
from scripts.evidence.retelling import Road, Told, Witness, across, chat_faults, without_usage

_SMALLEST = {
    Endpoint.CHAT: b'{"model":"m","messages":[{"role":"user","content":"x"}]}',
    Endpoint.GENERATE: b'{"model":"m","prompt":"x"}',
}
_K = FailureKind
_KINDS = {
    400: frozenset({_K.INVALID_REQUEST, _K.UNSUPPORTED_PARAMETER, _K.CONTEXT_TOO_LONG}),
    401: frozenset({_K.UNAUTHORIZED}),
    404: frozenset({_K.MODEL_NOT_FOUND}),
    429: frozenset({_K.RATE_LIMITED, _K.OVERLOADED}),
    503: frozenset({_K.OVERLOADED}),
}


def half_of(raw: bytes) -> bytes | None:
    """The stream up to a line's end in its middle; None where it ends at once."""
    lines = [line for line in raw.splitlines(keepends=True) if line.strip() and b'"done":true' not in line]
    return b"".join(lines[: (len(lines) + 1) // 2]) if lines else None


def _endpoint(recording: Recording) -> Endpoint:
    return Endpoint.GENERATE if recording.endpoint.endswith("/generate") else Endpoint.CHAT


def _server(recording: Recording) -> ServerCodec:
    return OllamaServer(_endpoint(recording))


def _roads(recording: Recording, pair: Pair) -> Iterator[Road]:
    endpoint = _endpoint(recording)
    server = OllamaServer(endpoint)
    request = server.parse_request(_SMALLEST[endpoint], headers={}).request
    for name, streamed in (("stream", True), ("whole", False)):
        yield Road(
            name=name,
            dialect=Dialect.OLLAMA,
            server=server,
            request=request,
            streamed=streamed,
            generated=endpoint is Endpoint.GENERATE,
        )
    yield from across(pair)


def _faults(road: Road, got: Reading, told: Told) -> list[str]:
    if not road.native:
        return chat_faults(road, got, told)
    expected, answer = without_usage(told.expected.answer), without_usage(got.answer)
    return differences(expected, answer, one_thought=True, parsed_arguments=True)


WITNESS = Witness(
    errors=ErrorForm(kinds=_KINDS, exception=lambda _: "ResponseError"),
    server=_server,
    roads=_roads,
    faults=_faults,
    half=half_of,
    one_thought=True,
    parsed_arguments=True,
)
