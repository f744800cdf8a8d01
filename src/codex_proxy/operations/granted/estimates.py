"""What a request may cost before anybody has counted it, and what it is charged when it is over.

Rules of this file: pure.  What is held back is rather too much; what was delivered and counted by nobody is charged at
what was held back, so that no kind of answer is free.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Final

from codex_proxy.access.granted.budgets import MICRO, Amount
from codex_proxy.access.granted.store import Spending
from codex_proxy.access.pricing import Pricing
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage, tokens_of_size
from codex_proxy.gateway.admission.ports import Wish
from codex_proxy.gateway.ports import ExchangeRecord
from codex_proxy.usage.counting.plan import plan_of
from codex_proxy.usage.counting.total import total_of

PICTURE_TOKENS: Final = 6_300  # a large square picture of the best quality
OWN_TOKENS: Final = 1_000  # the accounts' upstream counts words of its own
FORM_BYTES_PER_TOKEN: Final = 1_600  # compressed speech, and pictures with their part of the text
FORM_TOKENS: Final = 1_000


class Prices:
    """What tokens cost in micro-dollars, rounded up.

    ``flat_usd`` gives the price of a million tokens whose price is not known, None where they have none.
    """

    def __init__(self, pricing: Pricing, *, flat_usd: Callable[[], float | None] = lambda: None) -> None:
        self._pricing = pricing
        self._flat_usd = flat_usd

    def of_wish(self, wish: Wish, usage: Usage) -> int | None:
        """What a request may cost; None where nobody knows."""
        usd = self._pricing.cost(wish.model or "", usage, vendor=wish.vendor, service_tier=wish.service_tier)
        return self._micro(usd, usage)

    def of_record(self, record: ExchangeRecord, usage: Usage) -> int | None:
        """What an exchange cost; None where nobody knows."""
        vendor = record.attempts[-1].vendor if record.attempts else None
        model = record.model_used or record.model_asked
        usd = self._pricing.cost(model, usage, vendor=vendor, service_tier=record.service_tier)
        return self._micro(usd, usage)

    def _micro(self, usd: Decimal | None, usage: Usage) -> int | None:
        if usd is not None:
            return int((usd * MICRO).to_integral_value(ROUND_CEILING))
        flat_usd = self._flat_usd()
        if flat_usd is None:
            return None
        tokens = _input_of(usage) + _output_of(usage)
        return int((tokens * Decimal(str(flat_usd))).to_integral_value(ROUND_CEILING))


def expected_usage(wish: Wish, *, default_output_tokens: int) -> Usage:
    """The tokens that a request may take."""
    request = wish.request
    if request is not None:
        plan = plan_of(request)
        sized = total_of(plan, [None] * len(plan.passages)).tokens
        if not wish.heeds_limit:
            sized += OWN_TOKENS
        output_tokens = _output_tokens(request, default_output_tokens, heeds_limit=wish.heeds_limit)
        return Usage(input_tokens=sized, output_tokens=output_tokens, estimated=True)
    if wish.is_form:
        return Usage(input_tokens=FORM_TOKENS + wish.size_bytes // FORM_BYTES_PER_TOKEN, estimated=True)
    return Usage(input_tokens=tokens_of_size(wish.size_bytes), estimated=True)


def amount_of(usage: Usage, micro_usd: int | None) -> Amount:
    """Tokens of every kind, and money."""
    return Amount(tokens=_input_of(usage) + _output_of(usage), micro_usd=micro_usd or 0)


def spending_of(
    record: ExchangeRecord,
    *,
    reservation_id: str | None,
    expected: Usage,
    reserved: Amount,
    prices: Prices,
    now: float,
) -> Spending:
    """What an exchange is charged: what was counted; what was expected, where something came and nobody counted."""
    usage = record.usage
    if usage is None and record.first_content_seconds is not None:
        usage = expected
    micro_usd: int | None = 0
    if usage is not None:
        micro_usd = prices.of_record(record, usage)
        if micro_usd is None and reserved.micro_usd:
            micro_usd = reserved.micro_usd
    counted = usage or Usage()
    return Spending(
        key_id=record.client_key_id,
        at=now,
        reservation_id=reservation_id,
        input_tokens=_input_of(counted),
        output_tokens=_output_of(counted),
        micro_usd=micro_usd,
        failed=record.failure is not None,
    )


def _input_of(usage: Usage) -> int:
    return usage.input_tokens + (0 if usage.image is None else usage.image.input_tokens)


def _output_of(usage: Usage) -> int:
    return usage.output_tokens + (0 if usage.image is None else usage.image.output_tokens)


def _output_tokens(request: Request, default_output_tokens: int, *, heeds_limit: bool) -> int:
    default = PICTURE_TOKENS if request.pictures_only else default_output_tokens
    asked = request.sampling.max_tokens
    if asked is None or (not heeds_limit and asked < default):
        asked = default
    return asked * (request.sampling.choice_count or 1)
