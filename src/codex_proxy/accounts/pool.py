"""The pool: which accounts could serve a request, best first, and what an attempt's outcome changes.

Rules of this file: no I/O, no clock; slots in use and the time are arguments.  Accounts known to be limited are left
out before affinity is asked, so that a long conversation cannot hold on to a used-up account.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import msgspec

from codex_proxy.accounts import lifecycle
from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap, ConversationKey, rendezvous
from codex_proxy.accounts.lifecycle import Condition, Occurrence, State
from codex_proxy.accounts.rotation import Standing, Strategy, ordered
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow

UsedSlots: TypeAlias = Callable[[str], int]
MustWait: TypeAlias = Callable[[str], bool]

SHORT_LOCK_SECONDS: Final = 60.0  # a shorter lock does not move a conversation's home


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks of an account."""

    model: str
    conversation: ConversationKey | None = None


class NoAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can serve; ``by_state`` counts why, ``retry_at`` is when the first comes back (epoch seconds)."""

    by_state: dict[str, int]
    retry_at: float | None = None


class Entry(msgspec.Struct, kw_only=True):
    """An account in the pool with what is known of it now."""

    account: Account
    condition: Condition = Condition()
    limits: dict[str, RateLimitSnapshot] = {}
    missing_models: dict[str, float] = {}
    request_count: int = 0
    last_used_at: float = 0.0


class AccountPool:
    """Accounts and their conditions."""

    def __init__(self, *, strategy: Strategy, affinity: AffinityMap) -> None:
        self.strategy = strategy
        self._affinity = affinity
        self._entries: dict[str, Entry] = {}
        self._last_chosen: str | None = None

    def add(self, account: Account, now: float) -> None:
        """Add an account, or give a known one its new credential."""
        known = self._entries.get(account.row_id)
        if known is None:
            self._entries[account.row_id] = Entry(account=account)
            return
        renewed = msgspec.structs.replace(account, generation=known.account.generation + 1)
        known.account = renewed
        known.condition = lifecycle.step(known.condition, Occurrence.TOKEN_RENEWED, now)

    def account(self, row_id: str) -> Account:
        """The account of a row id."""
        return self._entries[row_id].account

    def plans(self) -> dict[str, list[Account]]:
        """Accounts by plan."""
        plans: dict[str, list[Account]] = {}
        for entry in self._entries.values():
            plans.setdefault(entry.account.plan or "", []).append(entry.account)
        return plans

    def conditions(self, now: float) -> dict[str, Condition]:
        """Every account's condition."""
        return {row_id: self._condition(entry, now) for row_id, entry in self._entries.items()}

    def rank(
        self,
        need: Need,
        *,
        exclude: frozenset[str],
        now: float,
        used_slots: UsedSlots,
        must_wait: MustWait = lambda _: False,
    ) -> tuple[str, ...] | NoAccount:
        """Row ids that could serve ``need``, best first; ``must_wait`` tells accounts that cannot start at once."""
        usable = [
            entry
            for row_id, entry in self._entries.items()
            if row_id not in exclude and self._is_usable(entry, need.model, now)
        ]
        if not usable:
            return self._nobody(now)
        ranked = ordered(
            self.strategy,
            [
                _standing(entry, used_slots(entry.account.row_id), must_wait=must_wait(entry.account.row_id))
                for entry in usable
            ],
            last_chosen=self._last_chosen,
        )
        return tuple(self._with_home(need.conversation, ranked))

    def chosen(self, row_id: str, conversation: ConversationKey | None, now: float) -> None:
        """Note that an attempt begins on this account; a new conversation gets its home here."""
        entry = self._entries[row_id]
        entry.request_count += 1
        entry.last_used_at = now
        if conversation is None:
            self._last_chosen = row_id
            return
        home = self._affinity.home(conversation)
        if home is None:
            self._last_chosen = row_id
        if home is None or self._has_left(home, now):
            self._affinity.settle(conversation, row_id)

    def moved(self, row_id: str, conversation: ConversationKey) -> None:
        """A conversation lives here from now on, wherever it did: what it holds can be opened by this account only."""
        self._affinity.settle(conversation, row_id)

    def settle(self, row_id: str, occurrence: Occurrence, *, generation: int, now: float, until: float | None) -> None:
        """Apply what happened; a refusal of an older credential changes nothing."""
        entry = self._entries.get(row_id)
        if entry is None or (occurrence is Occurrence.REFUSED_TOKEN and generation != entry.account.generation):
            return
        entry.condition = lifecycle.step(self._condition(entry, now), occurrence, now, until=until)

    def observe(self, row_id: str, snapshot: RateLimitSnapshot) -> None:
        """Keep the newest counters of a bucket."""
        entry = self._entries.get(row_id)
        if entry is not None:
            entry.limits = entry.limits | {snapshot.limit_id: snapshot}

    def lacks_model(self, row_id: str, model: str, until: float) -> None:
        """Remember that the account's plan does not have a model."""
        entry = self._entries.get(row_id)
        if entry is not None:
            entry.missing_models = entry.missing_models | {model: until}

    def _is_usable(self, entry: Entry, model: str, now: float) -> bool:
        if self._condition(entry, now).state is not State.ACTIVE:
            return False
        return entry.missing_models.get(model, 0.0) <= now

    def _condition(self, entry: Entry, now: float) -> Condition:
        entry.condition = lifecycle.current(entry.condition, now)
        expires_at = entry.account.expires_at
        if entry.condition.state is State.ACTIVE and expires_at is not None and expires_at <= now:
            entry.condition = Condition(state=State.EXPIRED, since=expires_at, reason="token_expired")
        return entry.condition

    def _with_home(self, conversation: ConversationKey | None, ranked: list[str]) -> Iterable[str]:
        if conversation is None:
            return ranked
        home = self._affinity.home(conversation)
        if home in ranked:
            return [home, *(row_id for row_id in ranked if row_id != home)]
        return ranked if home is None else rendezvous(conversation, ranked)

    def _has_left(self, home: str, now: float) -> bool:
        entry = self._entries.get(home)
        if entry is None:
            return True
        condition = self._condition(entry, now)
        if condition.state is State.ACTIVE:
            return False
        return condition.until is None or condition.until - now > SHORT_LOCK_SECONDS

    def _nobody(self, now: float) -> NoAccount:
        conditions = self.conditions(now).values()
        ends = [condition.until for condition in conditions if condition.until is not None]
        return NoAccount(
            by_state=dict(Counter(condition.state.value for condition in conditions)),
            retry_at=min(ends, default=None),
        )


def _standing(entry: Entry, used_slots: int, *, must_wait: bool) -> Standing:
    windows = [window for limits in entry.limits.values() for window in (limits.primary, limits.secondary) if window]
    fullest: RateLimitWindow | None = max(windows, key=lambda window: window.used_percent, default=None)
    return Standing(
        row_id=entry.account.row_id,
        used_slots=used_slots,
        used_percent=fullest.used_percent if fullest else 0.0,
        resets_at=fullest.resets_at if fullest else None,
        must_wait=must_wait,
        window_request_count=entry.request_count,
        last_used_at=entry.last_used_at,
    )
