"""The ledger of handed-out client keys: what is held back for them, and what they spent.

Rules of this file: it runs within one write, which no other write of any process overlaps, so that what is free when
it is looked at is free when it is taken.  What was spent is kept by hours and as a total; every period is a sum of
these.  A settled reservation stays for a while, so that to settle it again changes nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from codex_proxy.access.granted.budgets import Amount, Budget, Overdrawn, overdrawn
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
from codex_proxy.storage.sql.transaction import batched

REMEMBERED_SECONDS: Final = 3600.0
"""How long after its expiry, or its settling, a reservation is remembered: late news of it comes sooner."""
HOURS_KEPT_DAYS: Final = 100
_NAMES: Final = ("request_count", "failed_count", "input_tokens", "output_tokens", "micro_usd", "unpriced_count")

_Counts = dict[str, int]


def book(connection: Connection, batch: Batch, *, now: float) -> tuple[Overdrawn | None, ...]:
    """See ``GrantedKeyStore.book``."""
    named = {each.key_id for each in batch.spent} | {each.key_id for each in batch.wanted}
    there = _known(connection, named)
    _settle(connection, [each for each in batch.spent if each.key_id in there], now=now)
    _renew(connection, batch.renewed, until=batch.renewed_until, now=now)
    _forget(connection, now=now)
    return _reserve(connection, batch.wanted, there, now=now)


def standings(connection: Connection, key_ids: Collection[str], *, now: float) -> dict[str, Standing]:
    """See ``GrantedKeyStore.standings``."""
    return {key_id: _standing(connection, key_id, now=now) for key_id in key_ids}


def _known(connection: Connection, key_ids: Collection[str]) -> frozenset[str]:
    return frozenset(
        key_id
        for some in batched(sorted(key_ids))
        for key_id in connection.scalars(select(CLIENT_KEYS.c.key_id).where(CLIENT_KEYS.c.key_id.in_(some)))
    )


# ------------------------------------------------------------------------------------------------------- settling


def _settle(connection: Connection, spent: Sequence[Spending], *, now: float) -> None:
    new = [each for each in spent if each.reservation_id is None or _close(connection, each, now=now)]
    counted = [each for each in new if each.counts]
    hours: defaultdict[tuple[str, int], _Counts] = defaultdict(lambda: dict.fromkeys(_NAMES, 0))
    totals: defaultdict[tuple[str], _Counts] = defaultdict(lambda: dict.fromkeys(_NAMES, 0))
    for each in counted:
        _count(hours[each.key_id, period_start(Period.HOUR, each.at)], each)
        _count(totals[each.key_id,], each)
    for (key_id, hour_at), counts in hours.items():
        _add(connection, CLIENT_KEY_HOURS, {"key_id": key_id, "hour_at": hour_at}, counts, set_also={})
    for (key_id,), counts in totals.items():
        last = max(each.at for each in counted if each.key_id == key_id)
        _add(connection, CLIENT_KEY_TOTALS, {"key_id": key_id}, counts, set_also={"last_used_at": last})


def _close(connection: Connection, spending: Spending, *, now: float) -> bool:
    """Mark a reservation as settled; False where it is."""
    table = CLIENT_KEY_RESERVATIONS
    this = table.c.reservation_id == spending.reservation_id
    settled = connection.scalar(select(table.c.settled).where(this))
    if settled is None:  # it expired so long ago that it was forgotten: what it cost was spent all the same
        row = {"reservation_id": spending.reservation_id, "key_id": spending.key_id, "tokens": 0, "micro_usd": 0}
        connection.execute(insert(table).values(**row, expires_at=now, settled=True))
        return True
    if not settled:
        connection.execute(update(table).where(this).values(settled=True, expires_at=now))
    return not settled


def _count(counts: _Counts, spending: Spending) -> None:
    counts["request_count"] += 1
    counts["failed_count"] += spending.failed
    counts["input_tokens"] += spending.input_tokens
    counts["output_tokens"] += spending.output_tokens
    counts["micro_usd"] += spending.micro_usd or 0
    counts["unpriced_count"] += spending.micro_usd is None


def _add(
    connection: Connection, table: Table, named: Mapping[str, Any], counts: _Counts, *, set_also: Mapping[str, Any]
) -> None:
    this = [table.c[name] == value for name, value in named.items()]
    grown = {name: table.c[name] + count for name, count in counts.items() if count}
    if not connection.execute(update(table).where(*this).values(**grown, **set_also)).rowcount:
        connection.execute(insert(table).values(**named, **counts, **set_also))


# ------------------------------------------------------------------------------------------------------ reserving


def _renew(connection: Connection, reservation_ids: Sequence[str], *, until: float, now: float) -> None:
    if not reservation_ids:
        return
    table = CLIENT_KEY_RESERVATIONS
    alive = (table.c.reservation_id == bindparam("this"), table.c.settled.is_(False), table.c.expires_at > now)
    rows = [{"this": reservation_id} for reservation_id in reservation_ids]
    connection.execute(update(table).where(*alive).values(expires_at=until), rows)


def _forget(connection: Connection, *, now: float) -> None:
    table = CLIENT_KEY_RESERVATIONS
    connection.execute(delete(table).where(table.c.expires_at < now - REMEMBERED_SECONDS))
    past = period_start(Period.DAY, now) - HOURS_KEPT_DAYS * DAY_SECONDS
    connection.execute(delete(CLIENT_KEY_HOURS).where(CLIENT_KEY_HOURS.c.hour_at < past))


def _reserve(
    connection: Connection, wanted: Sequence[Reservation], there: frozenset[str], *, now: float
) -> tuple[Overdrawn | None, ...]:
    known: dict[str, _Free] = {}
    refusals: list[Overdrawn | None] = []
    rows: list[dict[str, Any]] = []
    for each in wanted:
        if each.key_id not in there:
            refusals.append(None)
            continue
        if each.key_id not in known:
            known[each.key_id] = _Free(connection, each.key_id, now=now)
        refusal = known[each.key_id].take(each.amount, now=now)
        refusals.append(refusal)
        if refusal is None:
            rows.append(_row_of(each))
    if rows:
        connection.execute(insert(CLIENT_KEY_RESERVATIONS), rows)
    return tuple(refusals)


class _Free:
    """What the budgets of one key have left, within a batch."""

    def __init__(self, connection: Connection, key_id: str, *, now: float) -> None:
        budgets = select(CLIENT_KEY_BUDGETS).where(CLIENT_KEY_BUDGETS.c.key_id == key_id)
        self._budgets: list[Budget] = list(map(budget_of, connection.execute(budgets)))
        periods = {budget.period for budget in self._budgets}
        reserved = _reserved(connection, key_id, now=now)
        self._used = {
            period: spent + reserved for period, spent in _spent(connection, key_id, periods, now=now).items()
        }

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
    totals = connection.execute(select(CLIENT_KEY_TOTALS).where(CLIENT_KEY_TOTALS.c.key_id == key_id)).one_or_none()
    return Standing(
        used=Used() if totals is None else used_of(totals),
        reserved=_reserved(connection, key_id, now=now),
        spent=_spent(connection, key_id, Period, now=now),
    )


def _reserved(connection: Connection, key_id: str, *, now: float) -> Amount:
    table = CLIENT_KEY_RESERVATIONS
    held = (table.c.key_id == key_id, table.c.settled.is_(False), table.c.expires_at > now)
    return _sum(connection, select(func.sum(table.c.tokens), func.sum(table.c.micro_usd)).where(*held))


def _spent(connection: Connection, key_id: str, periods: Iterable[Period], *, now: float) -> dict[Period, Amount]:
    return {period: _spent_in(connection, key_id, period, now=now) for period in periods}


def _spent_in(connection: Connection, key_id: str, period: Period, *, now: float) -> Amount:
    table = CLIENT_KEY_TOTALS if period is Period.TOTAL else CLIENT_KEY_HOURS
    sums = select(func.sum(table.c.input_tokens + table.c.output_tokens), func.sum(table.c.micro_usd))
    of_key = sums.where(table.c.key_id == key_id)
    if period is not Period.TOTAL:
        of_key = of_key.where(table.c.hour_at >= period_start(period, now))
    return _sum(connection, of_key)


def _sum(connection: Connection, statement: Any) -> Amount:
    tokens, micro_usd = connection.execute(statement).one()
    return Amount(tokens=int(tokens or 0), micro_usd=int(micro_usd or 0))
