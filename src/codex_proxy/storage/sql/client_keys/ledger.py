"""The ledger of handed-out client keys: what is held back for them, and what they spent.

Rules of this file: it runs within one write, which no other write of any process overlaps, so that what is free when
it is looked at is free when it is taken.  What was spent is kept by hours and as a total; every period is a sum of
these.  A settled reservation stays for a while, so that to settle it again changes nothing.  A request passes here
twice: few statements, and those built once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, case, delete, func, insert, select, update

from codex_proxy.access.granted.budgets import Amount, Overdrawn, overdrawn
from codex_proxy.access.granted.key import Used
from codex_proxy.access.granted.periods import DAY_SECONDS, Period, period_start
from codex_proxy.access.granted.store import Batch, Reservation, Spending, Standing
from codex_proxy.storage.sql.client_keys.rows import budget_of, used_of
from codex_proxy.storage.sql.tables.client_keys import (
    CLIENT_KEY_BUDGETS,
    CLIENT_KEY_HOURS,
    CLIENT_KEY_RESERVATIONS,
    CLIENT_KEY_TOTALS,
    CLIENT_KEYS,
)

REMEMBERED_SECONDS: Final = 3600.0
"""How long after its expiry, or its settling, a reservation is remembered: late news of it comes sooner."""
HOURS_KEPT_DAYS: Final = 100
_NAMES: Final = ("request_count", "failed_count", "input_tokens", "output_tokens", "micro_usd", "unpriced_count")
_RECURRING: Final[tuple[Period, ...]] = tuple(period for period in Period if period is not Period.TOTAL)

_Counts = dict[str, int]

_KEY: Final[Any] = bindparam("key")
_NOW: Final[Any] = bindparam("now")
_HELD: Final = CLIENT_KEY_RESERVATIONS.c
_HOUR: Final = CLIENT_KEY_HOURS.c


def _grown(table: Table) -> Any:
    return update(table).values({table.c[name]: table.c[name] + bindparam(f"more_{name}") for name in _NAMES})


def _since(period: Period, column: Any) -> Any:
    return func.sum(case((_HOUR.hour_at >= bindparam(period.value), column), else_=0))


_IS_THERE: Final = select(CLIENT_KEYS.c.key_id).where(CLIENT_KEYS.c.key_id == _KEY)
_BUDGETS: Final = select(CLIENT_KEY_BUDGETS).where(CLIENT_KEY_BUDGETS.c.key_id == _KEY)
_TOTALS: Final = select(CLIENT_KEY_TOTALS).where(CLIENT_KEY_TOTALS.c.key_id == _KEY)
_RESERVED: Final = select(func.sum(_HELD.tokens), func.sum(_HELD.micro_usd)).where(
    _HELD.key_id == _KEY, _HELD.settled.is_(False), _HELD.expires_at > _NOW
)
_SPENT: Final = select(
    *(
        _since(period, column)
        for period in _RECURRING
        for column in (_HOUR.input_tokens + _HOUR.output_tokens, _HOUR.micro_usd)
    )
).where(_HOUR.key_id == _KEY, _HOUR.hour_at >= bindparam("first"))
_MORE_THIS_HOUR: Final = _grown(CLIENT_KEY_HOURS).where(_HOUR.key_id == _KEY, _HOUR.hour_at == bindparam("hour"))
_MORE_IN_TOTAL: Final = (
    _grown(CLIENT_KEY_TOTALS).values(last_used_at=bindparam("last")).where(CLIENT_KEY_TOTALS.c.key_id == _KEY)
)
_SETTLED: Final = select(_HELD.settled).where(_HELD.reservation_id == bindparam("this"))
_SETTLE: Final = (
    update(CLIENT_KEY_RESERVATIONS)
    .where(_HELD.reservation_id == bindparam("this"), _HELD.settled.is_(False))
    .values(settled=True, expires_at=_NOW)
)
_RENEW: Final = (
    update(CLIENT_KEY_RESERVATIONS)
    .where(_HELD.reservation_id == bindparam("this"), _HELD.settled.is_(False), _HELD.expires_at > _NOW)
    .values(expires_at=bindparam("until"))
)


def book(connection: Connection, batch: Batch, *, now: float) -> tuple[Overdrawn | None, ...]:
    """See ``GrantedKeyStore.book``."""
    _settle(connection, batch.spent, now=now)
    if batch.renewed:
        rows = [{"this": each, "now": now, "until": batch.renewed_until} for each in batch.renewed]
        connection.execute(_RENEW, rows)
    if batch.tidies:
        _tidy(connection, now=now)
    return _reserve(connection, batch.wanted, now=now)


def standings(connection: Connection, key_ids: Collection[str], *, now: float) -> dict[str, Standing]:
    """See ``GrantedKeyStore.standings``."""
    return {key_id: _standing(connection, key_id, now=now) for key_id in key_ids}


# ------------------------------------------------------------------------------------------------------- settling


def _settle(connection: Connection, spent: Sequence[Spending], *, now: float) -> None:
    new = [each for each in spent if each.reservation_id is None or _close(connection, each, now=now)]
    by_hour: defaultdict[tuple[str, int], list[Spending]] = defaultdict(list)
    by_key: defaultdict[str, list[Spending]] = defaultdict(list)
    for each in new:
        if each.counts:
            by_hour[each.key_id, period_start(Period.HOUR, each.at)].append(each)
            by_key[each.key_id].append(each)
    for key_id, those in by_key.items():
        last = max(each.at for each in those)
        counts = _counts(those)
        if not connection.execute(_MORE_IN_TOTAL, _more(counts, key=key_id, last=last)).rowcount:
            if connection.scalar(_IS_THERE, {"key": key_id}) is None:
                continue
            row = {"key_id": key_id, "last_used_at": last, **counts}
            connection.execute(insert(CLIENT_KEY_TOTALS), row)
        for hour_at in sorted({hour_at for owner, hour_at in by_hour if owner == key_id}):
            _count_hour(connection, key_id, hour_at, _counts(by_hour[key_id, hour_at]))


def _count_hour(connection: Connection, key_id: str, hour_at: int, counts: _Counts) -> None:
    if not connection.execute(_MORE_THIS_HOUR, _more(counts, key=key_id, hour=hour_at)).rowcount:
        connection.execute(insert(CLIENT_KEY_HOURS), {"key_id": key_id, "hour_at": hour_at, **counts})


def _close(connection: Connection, spending: Spending, *, now: float) -> bool:
    """Mark a reservation as settled; False where it is."""
    if connection.execute(_SETTLE, {"this": spending.reservation_id, "now": now}).rowcount:
        return True
    if connection.scalar(_SETTLED, {"this": spending.reservation_id}):
        return False
    # It expired so long ago that it was forgotten, or its key is gone: what it cost was spent all the same.
    if connection.scalar(_IS_THERE, {"key": spending.key_id}) is not None:
        row = {"reservation_id": spending.reservation_id, "key_id": spending.key_id, "tokens": 0, "micro_usd": 0}
        connection.execute(insert(CLIENT_KEY_RESERVATIONS), {**row, "expires_at": now, "settled": True})
    return True


def _counts(those: Sequence[Spending]) -> _Counts:
    return {
        "request_count": len(those),
        "failed_count": sum(each.failed for each in those),
        "input_tokens": sum(each.input_tokens for each in those),
        "output_tokens": sum(each.output_tokens for each in those),
        "micro_usd": sum(each.micro_usd or 0 for each in those),
        "unpriced_count": sum(each.micro_usd is None for each in those),
    }


def _more(counts: _Counts, **named: Any) -> dict[str, Any]:
    return {f"more_{name}": count for name, count in counts.items()} | named


# ------------------------------------------------------------------------------------------------------ reserving


def _tidy(connection: Connection, *, now: float) -> None:
    connection.execute(delete(CLIENT_KEY_RESERVATIONS).where(_HELD.expires_at < now - REMEMBERED_SECONDS))
    past = period_start(Period.DAY, now) - HOURS_KEPT_DAYS * DAY_SECONDS
    connection.execute(delete(CLIENT_KEY_HOURS).where(_HOUR.hour_at < past))


def _reserve(connection: Connection, wanted: Sequence[Reservation], *, now: float) -> tuple[Overdrawn | None, ...]:
    known: dict[str, _Free] = {}
    refusals: list[Overdrawn | None] = []
    rows: list[dict[str, Any]] = []
    for each in wanted:
        if each.key_id not in known:
            known[each.key_id] = _Free(connection, each.key_id, now=now)
        free = known[each.key_id]
        refusal = free.take(each.amount, now=now)
        refusals.append(refusal)
        if refusal is None and free.is_there:
            rows.append(_row_of(each))
    if rows:
        connection.execute(insert(CLIENT_KEY_RESERVATIONS), rows)
    return tuple(refusals)


class _Free:
    """What the budgets of one key have left, within a batch; a key that is gone has none."""

    def __init__(self, connection: Connection, key_id: str, *, now: float) -> None:
        self._budgets = list(map(budget_of, connection.execute(_BUDGETS, {"key": key_id})))
        self.is_there = bool(self._budgets) or connection.scalar(_IS_THERE, {"key": key_id}) is not None
        self._used: dict[Period, Amount] = {}
        if self._budgets:
            reserved = _reserved(connection, key_id, now=now)
            spent = _spent(connection, key_id, {budget.period for budget in self._budgets}, now=now)
            self._used = {period: amount + reserved for period, amount in spent.items()}

    def take(self, amount: Amount, *, now: float) -> Overdrawn | None:
        refusal = overdrawn(self._budgets, self._used, amount, now=now)
        if refusal is None:
            self._used = {period: used + amount for period, used in self._used.items()}
        return refusal


def _row_of(reservation: Reservation) -> dict[str, Any]:
    return {
        "reservation_id": reservation.reservation_id,
        "key_id": reservation.key_id,
        "tokens": reservation.amount.tokens,
        "micro_usd": reservation.amount.micro_usd,
        "expires_at": reservation.expires_at,
        "settled": False,
    }


# -------------------------------------------------------------------------------------------------------- looking


def _standing(connection: Connection, key_id: str, *, now: float) -> Standing:
    return Standing(
        used=_used(connection, key_id),
        reserved=_reserved(connection, key_id, now=now),
        spent=_spent(connection, key_id, Period, now=now),
    )


def _used(connection: Connection, key_id: str) -> Used:
    totals = connection.execute(_TOTALS, {"key": key_id}).one_or_none()
    return Used() if totals is None else used_of(totals)


def _reserved(connection: Connection, key_id: str, *, now: float) -> Amount:
    return _amount(*connection.execute(_RESERVED, {"key": key_id, "now": now}).one())


def _spent(connection: Connection, key_id: str, periods: Iterable[Period], *, now: float) -> Mapping[Period, Amount]:
    wanted = set(periods)
    spent: dict[Period, Amount] = {}
    if Period.TOTAL in wanted:
        used = _used(connection, key_id)
        spent[Period.TOTAL] = Amount(tokens=used.tokens, micro_usd=used.micro_usd)
    if wanted - {Period.TOTAL}:
        starts = {period: period_start(period, now) for period in _RECURRING}
        first = min(starts[period] for period in wanted - {Period.TOTAL})
        told = {period.value: start for period, start in starts.items()} | {"key": key_id, "first": first}
        sums = connection.execute(_SPENT, told).one()
        spent |= {period: _amount(*sums[2 * place : 2 * place + 2]) for place, period in enumerate(_RECURRING)}
    return spent


def _amount(tokens: Any, micro_usd: Any) -> Amount:
    return Amount(tokens=int(tokens or 0), micro_usd=int(micro_usd or 0))
