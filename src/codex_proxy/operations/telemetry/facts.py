"""Exchanges as OpenTelemetry tells them: attributes by the GenAI semantic conventions, and histograms.

Rules of this file: no key, account or text is told; of a request only what it asked for and what it cost.  Units and
names are the conventions'; ours begin with ``codex_proxy.``.  Source: OpenTelemetry semantic conventions for generative
AI, spans and metrics, as of 1.38.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from codex_proxy.gateway.ports import AttemptRecord, ExchangeRecord

Attributes: TypeAlias = Mapping[str, str | int | float | bool]
Labels: TypeAlias = tuple[tuple[str, str], ...]

TEXT, CONTENT, EMBEDDINGS, CHAT = "text_completion", "generate_content", "embeddings", "chat"
OPERATIONS: Final = {
    "openai_completions": TEXT,
    "gemini": CONTENT,
    "openai_embeddings": EMBEDDINGS,
    "gemini_embed_content": EMBEDDINGS,
    "gemini_batch_embed_contents": EMBEDDINGS,
    "ollama_embed": EMBEDDINGS,
    "ollama_embeddings": EMBEDDINGS,
    "openai_images": CONTENT,
    "openai_image_edits": CONTENT,
    "openai_transcription": CONTENT,
    "openai_translation": CONTENT,
    "openai_speech": CONTENT,
    "openai_moderation": "moderation",  # the conventions have no word for it
}
"""What an exchange of a dialect is called, where it is no chat."""
OUR_PROVIDER: Final = "openai"
PROVIDERS: Final = {"gemini": "gcp.gemini", "mistral": "mistral_ai", "xai": "x_ai"}
"""What the conventions call a vendor, where that is not our name of it."""
SECONDS_BOUNDS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKEN_BOUNDS: Final = (
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
)  # fmt: skip


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One span; times are epoch seconds, ``parent_id`` is None of the first one, ``error`` of one that went well."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes | None
    name: str
    is_server: bool
    started_at: float
    ended_at: float
    attributes: Attributes
    error: str | None


class Measured(msgspec.Struct, kw_only=True):
    """One histogram of one set of labels, since the start."""

    counts: list[int]
    total: float = 0.0


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """A histogram by its labels; ``unit`` is UCUM's."""

    name: str
    unit: str
    words: str
    bounds: tuple[float, ...]
    points: dict[Labels, Measured] = msgspec.field(default_factory=dict)

    def observe(self, value: float, labels: Labels) -> None:
        """Take one observation in."""
        point = self.points.get(labels)
        if point is None:
            point = self.points[labels] = Measured(counts=[0] * (len(self.bounds) + 1))
        place = next((place for place, bound in enumerate(self.bounds) if value <= bound), len(self.bounds))
        point.counts[place] += 1
        point.total += value


class Histograms:
    """What is measured of exchanges."""

    def __init__(self) -> None:
        self._durations = Histogram(
            name="gen_ai.client.operation.duration", unit="s", words="GenAI operation duration.", bounds=SECONDS_BOUNDS
        )
        self._tokens = Histogram(
            name="gen_ai.client.token.usage", unit="{token}", words="Tokens used.", bounds=TOKEN_BOUNDS
        )
        self._first = Histogram(
            name="gen_ai.server.time_to_first_token",
            unit="s",
            words="Time to the first content.",
            bounds=SECONDS_BOUNDS,
        )

    @property
    def all(self) -> tuple[Histogram, ...]:
        """Every histogram."""
        return (self._durations, self._tokens, self._first)

    def take(self, record: ExchangeRecord, *, asked: str, model: str) -> None:
        """An exchange ended; ``asked`` and ``model`` are labels: the model asked for, and the one that served."""
        labels = (
            ("gen_ai.operation.name", operation_of(record)),
            ("gen_ai.provider.name", provider_of(record)),
            ("gen_ai.request.model", asked),
            ("gen_ai.response.model", model),
        )
        error = error_of(record)
        failed = labels if error is None else (*labels, ("error.type", error))
        self._durations.observe(record.duration_seconds, failed)
        if record.first_content_seconds is not None:
            self._first.observe(record.first_content_seconds, labels)
        if record.usage is not None:
            self._tokens.observe(record.usage.input_tokens, (*labels, ("gen_ai.token.type", "input")))
            self._tokens.observe(record.usage.output_tokens, (*labels, ("gen_ai.token.type", "output")))


def spans_of(record: ExchangeRecord, ids: Sequence[bytes]) -> tuple[Span, ...]:
    """The exchange's span and one below it for each attempt; ``ids`` are random: 16 bytes, then 8 for each span."""
    trace_id, own_id, *others = ids
    operation = operation_of(record)
    ended_at = record.started_at + record.duration_seconds
    first = Span(
        trace_id=trace_id,
        span_id=own_id,
        parent_id=None,
        name=f"{operation} {record.model_asked}".rstrip(),
        is_server=True,
        started_at=record.started_at,
        ended_at=ended_at,
        attributes=_attributes(record, operation),
        error=error_of(record),
    )
    below = (
        _attempt_span(attempt, record, first, span_id)
        for attempt, span_id in zip(record.attempts, others, strict=False)
    )
    return (first, *below)


def operation_of(record: ExchangeRecord) -> str:
    """The operation's name."""
    return OPERATIONS.get(record.dialect, CHAT)


def provider_of(record: ExchangeRecord) -> str:
    """Whose model it was, by the last attempt."""
    return _provider(record.attempts[-1].vendor if record.attempts else None)


def _provider(vendor: str | None) -> str:
    return OUR_PROVIDER if vendor is None else PROVIDERS.get(vendor, vendor)


def error_of(record: ExchangeRecord) -> str | None:
    """Why it did not come to its end."""
    if record.aborted:
        return "aborted"
    return None if record.failure is None else record.failure.kind.value


def _attributes(record: ExchangeRecord, operation: str) -> Attributes:
    usage = record.usage
    told: dict[str, str | int | float | bool | None] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": provider_of(record),
        "gen_ai.request.model": record.model_asked,
        "gen_ai.response.model": record.model_used,
        "gen_ai.usage.input_tokens": None if usage is None else usage.input_tokens,
        "gen_ai.usage.output_tokens": None if usage is None else usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": None if usage is None else usage.cached_tokens,
        "error.type": error_of(record),
        "codex_proxy.request_id": record.request_id,
        "codex_proxy.dialect": record.dialect,
        "codex_proxy.streamed": record.streamed,
        "codex_proxy.first_content_seconds": record.first_content_seconds,
    }
    return {name: value for name, value in told.items() if value is not None}


def _attempt_span(attempt: AttemptRecord, record: ExchangeRecord, parent: Span, span_id: bytes) -> Span:
    error = None if attempt.failure is None else attempt.failure.kind.value
    told = {
        "gen_ai.operation.name": operation_of(record),
        "gen_ai.provider.name": _provider(attempt.vendor),
        "gen_ai.request.model": record.model_used or record.model_asked,
    }
    started_at = record.started_at + attempt.started_seconds
    return Span(
        trace_id=parent.trace_id,
        span_id=span_id,
        parent_id=parent.span_id,
        name=f"{operation_of(record)} {told['gen_ai.request.model']}".rstrip(),
        is_server=False,
        started_at=started_at,
        ended_at=started_at + attempt.duration_seconds,
        attributes=told if error is None else {**told, "error.type": error},
        error=error,
    )
