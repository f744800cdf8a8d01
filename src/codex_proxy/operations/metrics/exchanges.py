"""What is measured of exchanges: how many, how they ended, their tokens and their times.

Rules of this file: everything but gaps is counted when an exchange ends; a model's name is a label only where somebody
could serve it, and only so many of them; no key, account or text is a label.
"""

from collections.abc import Iterator
from typing import Final

from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord, ExchangeRecord
from codex_proxy.operations.metrics.families import BoundedNames, Counter, Family, Histogram

MOST_MODELS: Final = 64
NO_MODEL: Final = "unknown"
"""Where a request was refused before anybody knew what its model's name means."""
ACCOUNTS: Final = "codex"
COMPLETED: Final = "completed"
ABORTED: Final = "aborted"

FIRST_CONTENT_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0)
EXCHANGE_SECONDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
GAP_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)


class ExchangeMetrics:
    """Implements the gateway's ``Observer`` and ``Source``."""

    def __init__(self) -> None:
        self._models = BoundedNames(MOST_MODELS)
        self._exchanges = Counter(
            "codex_proxy_exchanges_total",
            "Requests for a model that ended, by dialect, model and outcome.",
            ("dialect", "model", "outcome"),
        )
        self._attempts = Counter(
            "codex_proxy_attempts_total",
            "Times that an upstream was asked: the accounts' (codex) or a vendor's.",
            ("upstream", "outcome"),
        )
        self._tokens = Counter(
            "codex_proxy_tokens_total",
            "Tokens by model and kind; cached ones are part of input, reasoning ones of output.",
            ("model", "kind"),
        )
        self._first = Histogram(
            "codex_proxy_first_content_seconds",
            "Seconds from a request until the first content of its answer.",
            bounds=FIRST_CONTENT_SECONDS,
            label_names=("dialect",),
        )
        self._durations = Histogram(
            "codex_proxy_exchange_seconds",
            "Seconds from a request until the end of its answer.",
            bounds=EXCHANGE_SECONDS,
            label_names=("dialect",),
        )
        self._gaps = Histogram(
            "codex_proxy_stream_gap_seconds",
            "Seconds between two pieces of a streamed answer; of each stream the first gap and some of the others.",
            bounds=GAP_SECONDS,
        )

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        model = NO_MODEL if record.model_used is None else self._models.of(record.model_used)
        self._exchanges.add(record.dialect, model, outcome_of(record))
        for attempt in record.attempts:
            self._attempts.add(attempt.vendor or ACCOUNTS, _ending(attempt))
        if record.usage is not None:
            self._count(model, record.usage)
        if record.first_content_seconds is not None:
            self._first.observe(record.first_content_seconds, record.dialect)
        self._durations.observe(record.duration_seconds, record.dialect)

    def gap(self, seconds: float) -> None:
        """Two pieces of a stream lay so far apart."""
        self._gaps.observe(seconds)

    def families(self) -> Iterator[Family]:
        """See ``Source``."""
        for source in (self._exchanges, self._attempts, self._tokens, self._first, self._durations, self._gaps):
            yield from source.families()

    def _count(self, model: str, usage: Usage) -> None:
        for kind, count in (
            ("input", usage.input_tokens),
            ("cached", usage.cached_tokens),
            ("output", usage.output_tokens),
            ("reasoning", usage.reasoning_tokens),
        ):
            if count:
                self._tokens.add(model, kind, amount=count)


def outcome_of(record: ExchangeRecord) -> str:
    """How an exchange ended, in a word: the failure's kind where there was one."""
    if record.aborted:
        return ABORTED
    return COMPLETED if record.failure is None else record.failure.kind.value


def _ending(attempt: AttemptRecord) -> str:
    return COMPLETED if attempt.failure is None else attempt.failure.kind.value
