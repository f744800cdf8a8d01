"""Who may have an exchange: the terms of handed-out keys, applied.

Rules of this file: first what costs nothing to ask (the model, the pace), then the budget, which waits for one commit;
a refusal names the limit and gives back what was counted before it.  A key without budgets waits for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from codex_proxy.access.granted.budgets import MICRO, Amount, Overdrawn, Unit
from codex_proxy.access.granted.key import GrantedKey
from codex_proxy.access.granted.models import may_use
from codex_proxy.access.granted.pace import CONCURRENCY, REQUESTS, KeyPace, Level, TooFast
from codex_proxy.access.granted.ring import GrantedKeys
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.admission.ports import Admitted, Gate, Wish
from codex_proxy.gateway.ports import Clock, ExchangeRecord
from codex_proxy.operations.granted.estimates import Prices, amount_of, expected_usage, spending_of
from codex_proxy.operations.granted.ledger import Ledger
from codex_proxy.protocols.base import HeaderPairs

if TYPE_CHECKING:
    from codex_proxy.access.granted.store import Reservation

SLOT_WAIT_SECONDS: Final = 1.0
"""When to ask again for one of the answers under way: nobody knows when one ends."""
STORE_WAIT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionParts:
    """What admission works with.

    ``default_output_tokens`` gives how many are expected of a request that sets no limit.
    """

    ring: GrantedKeys
    ledger: Ledger
    prices: Prices
    clock: Clock
    default_output_tokens: Callable[[], int]


class KeyAdmission:
    """Implements the gateway's ``Admission``."""

    def __init__(self, parts: AdmissionParts) -> None:
        self._parts = parts
        self._paces: dict[str, KeyPace] = {}

    def gate_of(self, client_key_id: str) -> Gate | None:
        """See ``Admission``."""
        key = self._parts.ring.of_id(client_key_id)
        return None if key is None else _KeyGate(self._parts, key, self._pace_of(key))

    def may_use(self, client_key_id: str, model: ModelFacts) -> bool:
        """Whether a key may be shown the row of a model."""
        key = self._parts.ring.of_id(client_key_id)
        if key is None:
            return True
        target = model.alias_of or model.slug.removeprefix(f"{model.vendor}:")
        return may_use(key.models, target, vendor=model.vendor, asked=model.slug)

    def _pace_of(self, key: GrantedKey) -> KeyPace:
        now = self._parts.clock.monotonic()
        pace = self._paces.get(key.key_id)
        if pace is None:
            self._let_go()
            pace = self._paces[key.key_id] = KeyPace(key.limits, now)
        elif pace.limits != key.limits:
            pace.set_limits(key.limits, now)
        return pace

    def _let_go(self) -> None:
        gone = [key_id for key_id in self._paces if self._parts.ring.of_id(key_id) is None]
        for key_id in gone:
            del self._paces[key_id]


class _KeyGate:
    """Implements ``Gate``."""

    def __init__(self, parts: AdmissionParts, key: GrantedKey, pace: KeyPace) -> None:
        self._parts = parts
        self._key = key
        self._pace = pace

    def refusal(self, *, asked: str, model: str, vendor: str | None) -> Failure | None:
        """See ``Gate``."""
        if may_use(self._key.models, model, vendor=vendor, asked=asked):
            return None
        told = f"this key may not use the model {asked or model!r}"
        return Failure(kind=FailureKind.NOT_PERMITTED, message=told, param="model", code="model_not_allowed")

    async def admit(self, wish: Wish) -> Admitted | Failure:
        """See ``Gate``."""
        refusal = None if wish.model is None else self.refusal(asked=wish.asked, model=wish.model, vendor=wish.vendor)
        if refusal is not None:
            return refusal
        expected = self._expected(wish)
        amount = self._amount(wish, expected)
        if isinstance(amount, Failure):
            return amount
        too_fast = self._pace.enter(amount.tokens, self._parts.clock.monotonic())
        if too_fast is not None:
            return _too_fast(too_fast)
        leave = _Leave(self._parts, self._pace, expected=expected, amount=amount)
        if not self._key.budgets:
            return leave
        try:
            failure = await leave.reserve(self._key.key_id)
        except BaseException:
            self._pace.undo(amount.tokens, self._parts.clock.monotonic())
            raise
        if failure is None:
            return leave
        self._pace.undo(amount.tokens, self._parts.clock.monotonic())
        return failure

    def _expected(self, wish: Wish) -> Usage:
        if not self._key.budgets and self._key.limits.tokens_per_minute is None:
            return Usage()
        return expected_usage(wish, default_output_tokens=self._parts.default_output_tokens())

    def _amount(self, wish: Wish, expected: Usage) -> Amount | Failure:
        if not self._key.has_money_budget or wish.model is None:
            return amount_of(expected, None)
        micro_usd = self._parts.prices.of_wish(wish, expected)
        if micro_usd is not None:
            return amount_of(expected, micro_usd)
        told = f"the price of {wish.asked or wish.model!r} is not known, and what this key may spend is limited"
        return Failure(kind=FailureKind.NOT_PERMITTED, message=told, param="model", code="price_unknown")


class _Leave:
    """Implements ``Admitted``."""

    def __init__(self, parts: AdmissionParts, pace: KeyPace, *, expected: Usage, amount: Amount) -> None:
        self._parts = parts
        self._pace = pace
        self._expected = expected
        self._amount = amount
        self._reservation: Reservation | None = None
        self._settled = False
        levels = pace.levels(parts.clock.monotonic())
        self._headers = tuple(pair for level in levels for pair in _header_pairs(level))

    @property
    def headers(self) -> HeaderPairs:
        """See ``Admitted``."""
        return self._headers

    async def reserve(self, key_id: str) -> Failure | None:
        """Hold back what the exchange may cost; why it cannot be."""
        try:
            verdict = await self._parts.ledger.reserve(key_id, self._amount)
        except StoreUnusable:
            told = "this key's budget cannot be looked at now; try again shortly"
            return Failure(kind=FailureKind.BUSY, message=told, retry_after_seconds=STORE_WAIT_SECONDS)
        if isinstance(verdict, Overdrawn):
            return _overdrawn(verdict, self._amount, now=self._parts.clock.now())
        self._reservation = verdict
        return None

    def settle(self, record: ExchangeRecord) -> None:
        """See ``Admitted``."""
        if self._settled:
            return
        self._settled = True
        spending = spending_of(
            record,
            reservation_id=None if self._reservation is None else self._reservation.reservation_id,
            expected=self._expected,
            reserved=self._amount,
            prices=self._parts.prices,
            now=self._parts.clock.now(),
        )
        tokens = spending.input_tokens + spending.output_tokens
        self._pace.leave(expected_tokens=self._amount.tokens, tokens=tokens, now=self._parts.clock.monotonic())
        self._parts.ledger.settle(spending)


def _too_fast(limit: TooFast) -> Failure:
    if limit.limit == CONCURRENCY:
        told = f"this key may have {limit.height} answers under way at once, and has"
        code, wait_seconds = "concurrency_limit_exceeded", SLOT_WAIT_SECONDS
    else:
        what = "requests" if limit.limit == REQUESTS else "tokens"
        told = f"this key may use {limit.height} {what} per minute, and has"
        code, wait_seconds = "rate_limit_exceeded", limit.wait_seconds or SLOT_WAIT_SECONDS
    return Failure(kind=FailureKind.KEY_LIMITED, message=told, code=code, retry_after_seconds=wait_seconds)


def _overdrawn(refused: Overdrawn, wanted: Amount, *, now: float) -> Failure:
    unit = refused.budget.unit
    left, may_cost = _in_words(refused.left, unit), _in_words(wanted.of(unit), unit)
    told = f"this key may use {refused.budget.in_words}; {left} are left, and the request may cost {may_cost}"
    wait_seconds = None if refused.renews_at is None else max(1.0, refused.renews_at - now)
    return Failure(kind=FailureKind.BUDGET_SPENT, message=told, retry_after_seconds=wait_seconds)


def _in_words(amount: int, unit: Unit) -> str:
    return f"${amount / MICRO:.4f}" if unit is Unit.USD else f"{amount:,} tokens"


def _header_pairs(level: Level) -> HeaderPairs:
    """Source: OpenAI API reference, rate limits in headers."""
    return (
        (f"x-ratelimit-limit-{level.name}", str(level.height)),
        (f"x-ratelimit-remaining-{level.name}", str(level.left)),
        (f"x-ratelimit-reset-{level.name}", f"{level.full_in_seconds:.3f}s"),
    )
