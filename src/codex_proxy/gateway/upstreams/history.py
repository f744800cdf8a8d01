"""What an exchange's record will say, kept while it runs, so that it is told however the exchange ends."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage, believed, tokens_of_size
from codex_proxy.gateway.ports import AttemptRecord, Clock, ExchangeRecord, PromptEstimate
from codex_proxy.gateway.prepare import ClientBody, Prepared
from codex_proxy.gateway.upstreams.candidate import Asker, Candidate

if TYPE_CHECKING:
    from codex_proxy.canonical.notes import Note
    from codex_proxy.gateway.attempts.delivery import Delivery


@dataclass(slots=True)
class _Open:
    """An attempt that runs."""

    candidate: Candidate
    began_at: float
    waited_seconds: float
    egress_name: str | None = None
    headers_at: float | None = None


class History:
    """The history of one exchange.

    ``last`` is the latest attempt's delivery, where headers came; ``ended`` says that nobody left before the end.
    """

    def __init__(
        self,
        asker: Asker,
        request: Request,
        *,
        clock: Clock,
        prompt: PromptEstimate | None = None,
        body: ClientBody | None = None,
    ) -> None:
        self._asker = asker
        self._request = request
        self._clock = clock
        self._prompt = prompt
        self._body = body
        self._began_at = clock.monotonic()
        self._started_at = clock.now()
        self._attempts: list[AttemptRecord] = []
        self._open: _Open | None = None
        self._sought_at = self._began_at
        self._first_content_at: float | None = None
        self.prepared: Prepared | None = None
        self.notes: tuple[Note, ...] = ()
        self.last: Delivery | None = None
        self.failure: Failure | None = None
        self.ended = False

    @property
    def began_at(self) -> float:
        """The start, a monotonic second."""
        return self._began_at

    def seeks(self) -> None:
        """Somebody to ask is looked for, and perhaps waited for."""
        self._sought_at = self._clock.monotonic()

    def opened(self, candidate: Candidate) -> None:
        """An attempt begins."""
        began_at = self._clock.monotonic()
        self._open, self.last = _Open(candidate, began_at, began_at - self._sought_at), None

    def leaves_by(self, egress_name: str | None) -> None:
        """The open attempt's way out."""
        if self._open is not None:
            self._open.egress_name = egress_name

    def answered(self, delivery: "Delivery") -> None:
        """The open attempt's reply begins."""
        self.last = delivery
        if self._open is not None:
            self._open.headers_at = self._clock.monotonic()

    def committed(self) -> None:
        """The first content is handed over now."""
        self._first_content_at = self._clock.monotonic()

    def closed(self, failure: Failure | None) -> None:
        """The open attempt, if there is one, is over."""
        tried, self._open = self._open, None
        if tried is None:
            return
        headers_at = tried.headers_at
        self._attempts.append(
            AttemptRecord(
                account_row_id=tried.candidate.row_id,
                vendor=tried.candidate.vendor,
                egress_name=tried.egress_name,
                failure=failure,
                started_seconds=tried.began_at - self._began_at,
                duration_seconds=self._clock.monotonic() - tried.began_at,
                waited_seconds=tried.waited_seconds,
                headers_seconds=None if headers_at is None else headers_at - tried.began_at,
            )
        )

    def record(self) -> ExchangeRecord:
        """The record; an attempt that is still open was left."""
        self.closed(None)
        prepared, last, first = self.prepared, self.last, self._first_content_at
        return ExchangeRecord(
            request_id=self._asker.request_id,
            client_key_id=self._asker.client_key_id,
            dialect=self._request.dialect.value,
            model_asked=self._request.model,
            model_used=prepared.model.slug if prepared else None,
            attempts=tuple(self._attempts),
            usage=self._usage(),
            failure=self.failure,
            notes=self.notes,
            first_content_seconds=None if first is None else first - self._began_at,
            duration_seconds=self._clock.monotonic() - self._began_at,
            started_at=self._started_at,
            streamed=self._request.stream,
            aborted=not self.ended,
            effort=prepared.effort if prepared else None,
            service_tier=self._service_tier(),
            delivered_count=last.delivered_count if last else 0,
            images_count=last.images_count if last else 0,
            prompt=self._prompt,
        )

    def _usage(self) -> Usage | None:
        """What the upstream counted; of an answer that was left, what its size suggests."""
        if self.last is None or self.last.usage is not None or self.ended:
            return believed(self.last.usage) if self.last and self.last.usage else None
        prompt, body = self._prompt, self._body
        sized = prompt.expected_tokens if prompt else tokens_of_size(body.size_bytes if body else 0)
        return Usage(input_tokens=sized, output_tokens=tokens_of_size(self.last.texts_length), estimated=True)

    def _service_tier(self) -> str | None:
        if self.last is not None and self.last.end is not None and self.last.end.service_tier is not None:
            return self.last.end.service_tier
        return self.prepared.service_tier if self.prepared else None
