"""Why a request went to the account it went to.

Rules of this file: holds ids, counts and reasons, and what the owner calls the accounts; nothing a client wrote.
"""

from collections.abc import Callable

import msgspec

from codex_proxy.accounts.choice.explanation import Choice, Explanation
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.operations.transfer.times import iso


class NotExplained(Exception):
    """Nothing is known of this request, or nothing any more."""


class PassedOverView(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was not chosen, why, and until when if that is known (ISO 8601)."""

    account_id: str
    account_name: str
    reason: str
    until: str | None


class ChoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """One choice; ``chosen`` is None where nobody could serve.  ``passed_over`` counts accounts by reason."""

    at: str
    chosen: str | None
    chosen_name: str | None
    basis: str | None
    passed_over: dict[str, int]
    details: tuple[PassedOverView, ...]
    waited_seconds: float


class ExplanationView(msgspec.Struct, frozen=True, kw_only=True):
    """The choices made for one request, in order, and what it asked of an account."""

    request_id: str
    model: str
    bucket: str
    client_key_id: str
    in_conversation: bool
    is_continued: bool
    bound_to: str | None
    choices: tuple[ChoiceView, ...]


class Explaining:
    """Explains choices; ``explain`` finds them by request id."""

    def __init__(self, *, explain: Callable[[str], Explanation | None], pool: AccountPool) -> None:
        self._explain = explain
        self._pool = pool

    def one(self, request_id: str) -> ExplanationView:
        """What was chosen for a request and why; raises ``NotExplained``."""
        found = self._explain(request_id)
        if found is None:
            raise NotExplained(f"nothing is known of the request {request_id!r}, or nothing any more")
        need = found.need
        return ExplanationView(
            request_id=found.request_id,
            model=need.model,
            bucket=need.bucket,
            client_key_id=need.client_key_id,
            in_conversation=need.conversation is not None,
            is_continued=need.is_continued,
            bound_to=need.bound_to,
            choices=tuple(self._choice(choice) for choice in found.choices),
        )

    def _choice(self, choice: Choice) -> ChoiceView:
        return ChoiceView(
            at=iso(choice.at),
            chosen=choice.chosen,
            chosen_name=None if choice.chosen is None else self._name(choice.chosen),
            basis=None if choice.basis is None else choice.basis.value,
            passed_over=dict(choice.passed_over),
            details=tuple(
                PassedOverView(
                    account_id=other.row_id,
                    account_name=self._name(other.row_id),
                    reason=other.reason,
                    until=None if other.until is None else iso(other.until),
                )
                for other in choice.details
            ),
            waited_seconds=round(choice.waited_seconds, 3),
        )

    def _name(self, row_id: str) -> str:
        record = self._pool.record(row_id)
        return row_id if record is None else record.label or record.email or row_id
