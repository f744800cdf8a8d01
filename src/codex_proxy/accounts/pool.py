"""The pool: all accounts as they are now, which of them could serve a request, and what an attempt's outcome changes.

Rules of this file: no I/O, no clock; slots in use and the time are told.  Whatever changes counts from the next
question on: an account that was added, one whose lock ended, another strategy.  Times are epoch seconds.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from codex_proxy.accounts.account import Account, account_of_record, record_of
from codex_proxy.accounts.affinity import AffinityMap, ConversationKey, point_of
from codex_proxy.accounts.choice.explanation import Choice
from codex_proxy.accounts.choice.member import EGRESS_DOWN, EgressFault, Member, is_trying, obstacle
from codex_proxy.accounts.choice.need import Basis, ChoicePolicy, Need
from codex_proxy.accounts.choice.plans import PlanRouting
from codex_proxy.accounts.choice.ranking import Ranked, Ranker, Ranking
from codex_proxy.accounts.choice.reasons import Asked, NoAccount, Reasons
from codex_proxy.accounts.choice.roster import Roster
from codex_proxy.accounts.journal import Journal
from codex_proxy.accounts.lifecycle.condition import FRESH, Condition, cleared, is_otherwise_the_same, observed, step
from codex_proxy.accounts.lifecycle.evidence import NOTHING_SEEN, Evidence
from codex_proxy.accounts.lifecycle.locks import Limit
from codex_proxy.accounts.lifecycle.states import Occurrence, is_outdated
from codex_proxy.accounts.lifecycle.status import PoolStanding, pool_standing
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, Verdict
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET
from codex_proxy.accounts.quota.redeeming import Redemption
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.canonical.rate_limits import RateLimitSnapshot


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an account.

    ``generation`` is the credential it happened with, None where that makes no difference; ``bucket`` the limit that
    the request drew on; ``until`` when the upstream said that it ends, None where it did not say.
    """

    occurrence: Occurrence
    generation: int | None = None
    bucket: str = DEFAULT_BUCKET
    until: float | None = None
    evidence: Evidence = NOTHING_SEEN


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """Slots of the accounts that could serve now, by the same rule as choosing; totals are None without a limit."""

    max_concurrent_per_account: int | None
    total_slots: int | None
    used_slots: int
    available_slots: int | None


class AccountPool:
    """Accounts and their conditions."""

    def __init__(self, *, affinity: AffinityMap, policy: ChoicePolicy | None = None) -> None:
        self.journal = Journal()
        self.affinity = affinity
        self._roster = Roster(policy or ChoicePolicy(), on_event=self.journal.tell)
        self._plans = PlanRouting()
        self._slots_of_gone: dict[str, int] = {}
        self._reasons = Reasons(self._roster, self._plans)
        self._ranker = Ranker(self._roster, affinity=affinity, plans=self._plans, reasons=self._reasons)

    def __len__(self) -> int:
        return len(self._roster.members)

    def __contains__(self, row_id: str) -> bool:
        return row_id in self._roster.members

    @property
    def policy(self) -> ChoicePolicy:
        """The owner's rules; another value counts at once."""
        return self._roster.policy

    @policy.setter
    def policy(self, policy: ChoicePolicy) -> None:
        self._roster.change_policy(policy)

    @property
    def version(self) -> int:
        """Grows whenever an account becomes able or unable to serve something."""
        return self._roster.version

    def when_freed(self, tell: Callable[[str], None]) -> None:
        """Tell of every account that can take another request and could not before."""
        self._roster.on_freed = tell

    # --------------------------------------------------------------------------------- accounts come and go

    def put(self, record: AccountRecord, access_token: str | None, now: float) -> None:
        """Take an account in, or take note of what changed in it; an older revision is passed over."""
        account = None if access_token is None else account_of_record(record, access_token)
        known = self._roster.members.get(record.row_id)
        if known is None:
            used_slots = self._slots_of_gone.pop(record.row_id, 0)
            point = point_of(record.row_id)
            self._roster.put(
                Member(row_id=record.row_id, record=record, account=account, point=point, used_slots=used_slots)
            )
            return
        if record.revision < known.record.revision:
            return
        renewed = record.generation != known.record.generation
        known.record, known.account = record, account
        self._roster.judge_anew(record.row_id)
        if renewed:
            self.settle(record.row_id, News(occurrence=Occurrence.TOKEN_RENEWED), now)

    def add(self, account: Account, now: float) -> None:
        """Take in an account that is kept nowhere, or give a known one its new credential."""
        known = self._roster.members.get(account.row_id)
        generation = account.generation if known is None else known.record.generation + 1
        record = msgspec.structs.replace(record_of(account), generation=generation)
        self.put(record, account.credential.token, now)

    def remove(self, row_ids: Collection[str]) -> None:
        """Let accounts go, with the homes of conversations; tell all that go at once."""
        gone = frozenset(row_ids) & self._roster.members.keys()
        for row_id in gone:
            self._keep_slots(row_id, self._roster.members[row_id].used_slots)
        self._roster.remove(gone)
        self._ranker.forget(gone)
        self.journal.forget(gone)

    def restore(self, conditions: Mapping[str, Condition]) -> None:
        """Take in conditions as they were kept; unknown row ids are passed over."""
        for row_id, condition in conditions.items():
            member = self._roster.members.get(row_id)
            if member is not None:
                member.condition = condition
                self._roster.judge_anew(row_id)

    # ------------------------------------------------------------------------------------ what happens to them

    def settle(self, row_id: str, news: News, now: float) -> None:
        """Apply what happened; news of an older credential, or of an account that is gone, changes nothing."""
        member = self._roster.members.get(row_id)
        if member is None or _is_outdated(news, member.record.generation):
            return
        following = step(
            member.condition,
            news.occurrence,
            now=now,
            limit=Limit(bucket=news.bucket, until=news.until, rest_seconds=self.policy.rest_seconds),
            evidence=news.evidence,
        )
        self.journal.ask(row_id, following.effects)
        self._become(member, following.condition, now)

    def observe(self, row_id: str, snapshot: RateLimitSnapshot, now: float) -> None:
        """Take note of what the upstream told of its counters."""
        member = self._roster.members.get(row_id)
        if member is not None:
            self._become(member, observed(member.condition, snapshot, now=now), now)

    def clear(self, row_id: str, now: float, *, bucket: str | None = None) -> None:
        """The owner takes everything out of an account's way, or one bucket's locks only."""
        member = self._roster.members.get(row_id)
        if member is not None:
            self._become(member, cleared(member.condition, bucket=bucket), now)

    def redeeming(self, row_id: str, redemption: Redemption, now: float) -> None:
        """A reset credit is about to be redeemed, or what became of it is known."""
        member = self._roster.members.get(row_id)
        if member is not None:
            self._become(member, msgspec.structs.replace(member.condition, redemption=redemption), now)

    def lacks_model(self, row_id: str, model: str, now: float) -> None:
        """The upstream refused an account this model: its plan does not have it, for an hour."""
        member = self._roster.members.get(row_id)
        if member is not None:
            self._plans.deny(row_id, member.plan, model, now)

    def learn_models(self, lists: Mapping[str, Collection[str]]) -> None:
        """The models of each plan, as fetched last."""
        self._plans.learn({plan: frozenset(models) for plan, models in lists.items()})

    def set_refreshing(self, row_id: str, *, refreshing: bool) -> None:
        """Whether a new access token is being fetched; the old one serves on until it expires."""
        member = self._roster.members.get(row_id)
        if member is not None:
            member.refreshing = refreshing
            self._roster.judge_anew(row_id)

    def set_egress(self, row_ids: Iterable[str], fault: EgressFault | None) -> None:
        """The way out of these accounts is shut, or open again (None)."""
        for row_id in row_ids:
            member = self._roster.members.get(row_id)
            if member is not None and member.egress != fault:
                member.egress = fault
                self._roster.judge_anew(row_id)

    # ------------------------------------------------------------------------------------------------ choosing

    def rank(self, need: Need, *, exclude: frozenset[str], now: float, again: str | None = None) -> Ranking | NoAccount:
        """Who could serve ``need``, best first; ``again`` alone, if nothing but a slot keeps it from serving."""
        return self._ranker.rank(Asked(need, exclude, again, now))

    def serves(self, row_id: str, asked: Asked, *, holds_slot: bool = False) -> bool:
        """Whether this account could serve too; ``holds_slot``: it has given a slot for this request already."""
        return self._ranker.serves(row_id, asked, holds_slot=holds_slot)

    def obstacle(self, row_id: str, need: Need, now: float) -> str | None:
        """What keeps an account from serving ``need``; None where nothing but a missing slot can."""
        return self._reasons.obstacle(row_id, need, now)

    def chosen(self, row_id: str, need: Need, basis: Basis, now: float) -> None:
        """Note that an attempt begins on this account, and on what basis."""
        member = self._roster.members[row_id]
        self._ranker.chosen(row_id, need, basis, now)
        seat = member.seats[need.bucket]
        self._roster.request_floor[need.bucket] = seat.request_count
        seat.request_count += 1
        member.last_used_at = now
        if self.policy.interval_seconds:
            member.rests_until = now + self.policy.interval_seconds
            self._roster.judge_anew(row_id)
        self._roster.rank_anew(row_id)
        if seat.verdict.one_at_a_time:
            self.settle(row_id, News(occurrence=Occurrence.CANARY_SENT, bucket=need.bucket), now)

    def slots_changed(self, row_id: str, used_slots: int, now: float) -> None:
        """So many slots of an account are in use now; a single request that told nothing is lost with the last one."""
        member = self._roster.members.get(row_id)
        if member is None:
            self._keep_slots(row_id, used_slots)
            return
        member.used_slots = used_slots
        self._roster.rank_anew(row_id)
        if not used_slots and is_trying(member, now):
            self.settle(row_id, News(occurrence=Occurrence.CANARY_LOST), now)

    def moved(self, row_id: str, conversation: ConversationKey, now: float) -> None:
        """A conversation lives here from now on, wherever it did: what it holds can be opened by this account only."""
        self.affinity.settle(conversation, row_id, now)

    def explained(
        self, asked: Asked, outcome: Ranked | NoAccount | None, *, waited_seconds: float, detail_limit: int
    ) -> Choice:
        """Why this account was chosen or nobody could be, naming up to ``detail_limit`` of the others.

        None: there was one, but its turn would have come too late.
        """
        chosen, basis = outcome if isinstance(outcome, tuple) else (None, None)
        if chosen is not None:
            passed_over: Mapping[str, int] = self._reasons.counts(asked, chosen=chosen)
        else:
            passed_over = outcome.reasons if isinstance(outcome, NoAccount) else {}
        return Choice(
            at=asked.now,
            pool_version=self.version,
            chosen=chosen,
            basis=basis,
            passed_over=passed_over,
            details=self._reasons.details(asked, limit=detail_limit) if detail_limit else (),
            waited_seconds=waited_seconds,
        )

    # ----------------------------------------------------------------------------------------- what is known

    def refresh(self, now: float) -> float | None:
        """Let what is over be over; when something changes by itself next."""
        return self._roster.next_change(now)

    def account(self, row_id: str) -> Account:
        """The account of a row id; raises ``KeyError`` for one that is not here or has no access token."""
        account = self._roster.members[row_id].account
        if account is None:
            raise KeyError(row_id)
        return account

    def record(self, row_id: str) -> AccountRecord | None:
        """What is kept of an account; None where there is no such account."""
        member = self._roster.members.get(row_id)
        return None if member is None else member.record

    def records(self) -> tuple[AccountRecord, ...]:
        """What is kept of every account."""
        return tuple(member.record for member in self._roster.members.values())

    def plans(self) -> dict[str, list[Account]]:
        """Accounts with an access token by plan, empty for an unknown one."""
        plans: dict[str, list[Account]] = {}
        for member in self._roster.members.values():
            if member.account is not None:
                plans.setdefault(member.plan, []).append(member.account)
        return plans

    def plan_of(self, row_id: str) -> str | None:
        """The plan of an account, empty for an unknown one; None where there is no such account."""
        member = self._roster.members.get(row_id)
        return None if member is None else member.plan

    def condition(self, row_id: str) -> tuple[Condition, CredentialFacts] | None:
        """What is going on with an account, and how its credential is."""
        member = self._roster.members.get(row_id)
        return None if member is None else (member.condition, member.facts)

    def conditions(self) -> Sequence[tuple[str, Condition]]:
        """What is going on with those accounts with which anything is."""
        members = self._roster.members.values()
        return [(member.row_id, member.condition) for member in members if member.condition is not FRESH]

    def verdicts(self, now: float, *, bucket: str = DEFAULT_BUCKET) -> dict[str, Verdict]:
        """What each account can do for a bucket."""
        self._roster.candidates(bucket, now)
        return {row_id: member.seats[bucket].verdict for row_id, member in self._roster.members.items()}

    def standing(self, now: float, *, bucket: str = DEFAULT_BUCKET, only: str | None = None) -> PoolStanding:
        """Whether somebody is logged in, one could serve, and one has a free slot; of all, or of ``only`` this one."""
        self._roster.candidates(bucket, now)
        members = [each for each in self._roster.members.values() if only is None or each.row_id == only]
        return pool_standing((_with_egress(each, bucket, now), not self._roster.is_full(each)) for each in members)

    def capacity(self, now: float, *, bucket: str = DEFAULT_BUCKET) -> Capacity:
        """The slots there are."""
        groups = self._roster.candidates(bucket, now).groups.values()
        limit, members = self.policy.max_concurrent, self._roster.members
        usable = [members[row_id] for group in groups for row_id in group.points]
        return Capacity(
            max_concurrent_per_account=limit,
            total_slots=None if limit is None else limit * len(usable),
            used_slots=sum(member.used_slots for member in usable),
            available_slots=None if limit is None else sum(max(0, limit - member.used_slots) for member in usable),
        )

    def take_dirty(self) -> dict[str, Condition]:
        """Conditions to be written, by row id; what cannot be written is marked again in the ``journal``."""
        members = self._roster.members
        return {row_id: members[row_id].condition for row_id in self.journal.take_dirty() if row_id in members}

    def _keep_slots(self, row_id: str, used_slots: int) -> None:
        """Streams of an account that is gone run on, and it may come back before they end."""
        self._slots_of_gone.pop(row_id, None)
        if used_slots:
            self._slots_of_gone[row_id] = used_slots

    def _become(self, member: Member, condition: Condition, now: float) -> None:
        before = member.condition
        if condition is before or condition == before:
            return
        member.condition = condition
        self.journal.changed(member.row_id)
        if is_otherwise_the_same(before, condition):
            self._roster.count_anew(member, now)
        else:
            self._roster.judge_anew(member.row_id)
            self._roster.refresh(now)


def _with_egress(member: Member, bucket: str, now: float) -> Verdict:
    """The verdict, which knows nothing of the way out, where that is shut."""
    verdict = member.seats[bucket].verdict
    if member.egress is None or obstacle(member, member.seats[bucket], now) != EGRESS_DOWN:
        return verdict
    return msgspec.structs.replace(verdict, usable=False, until=member.egress.until)


def _is_outdated(news: News, current: int) -> bool:
    return news.generation is not None and is_outdated(news.occurrence, generation=news.generation, current=current)
