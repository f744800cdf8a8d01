"""A pool with some accounts, and short words for what is asked of it."""

from typing import Any

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import Basis, ChoicePolicy, Need
from codex_proxy.accounts.choice.reasons import Asked, NoAccount
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.target import Credential

NOW = 1000.0
MODEL = "gpt-5.4"
SPARK = "codex_bengalfox"


def account(row_id: str, *, plan: str | None = "plus", **facts: Any) -> Account:
    return Account(row_id=row_id, credential=Credential(token=f"token-{row_id}"), plan=plan, **facts)


class Crowd:
    """Accounts of one letter each, and a time that moves when told to."""

    def __init__(self, row_ids: str = "ab", *, plans: dict[str, str | None] | None = None, **policy: Any) -> None:
        self.now = NOW
        self.affinity = AffinityMap()
        self.pool = AccountPool(affinity=self.affinity, policy=ChoicePolicy(**policy))
        for row_id in row_ids:
            self.pool.add(account(row_id, plan=(plans or {}).get(row_id, "plus")), NOW)

    def found(
        self, need: Need | None = None, *, exclude: str = "", again: str | None = None
    ) -> list[tuple[str, Basis]]:
        """Who could serve, each with the basis."""
        answer = self.pool.rank(need or Need(model=MODEL), exclude=frozenset(exclude), now=self.now, again=again)
        return [] if isinstance(answer, NoAccount) else list(answer)

    def ranked(self, need: Need | None = None, *, exclude: str = "", again: str | None = None) -> str:
        """Who could serve, best first."""
        return "".join(row_id for row_id, _ in self.found(need, exclude=exclude, again=again))

    def nobody(self, need: Need | None = None, *, exclude: str = "") -> NoAccount:
        """Why nobody can."""
        answer = self.pool.rank(need or Need(model=MODEL), exclude=frozenset(exclude), now=self.now)
        assert isinstance(answer, NoAccount)
        return answer

    def use(self, need: Need | None = None, *, exclude: str = "") -> str:
        """Choose the best, as an attempt does."""
        need = need or Need(model=MODEL)
        row_id, basis = self.found(need, exclude=exclude)[0]
        self.pool.chosen(row_id, need, basis, self.now)
        return row_id

    def happens(self, row_id: str, occurrence: Occurrence, *, seconds: float | None = None, **news: Any) -> None:
        """Something happens to an account, for so long."""
        until = None if seconds is None else self.now + seconds
        self.pool.settle(row_id, News(occurrence=occurrence, until=until, **news), self.now)

    def limit(self, row_ids: str, seconds: float = 500, **news: Any) -> None:
        """These accounts' windows are used up."""
        for row_id in row_ids:
            self.happens(row_id, Occurrence.USAGE_LIMIT, seconds=seconds, **news)

    def tell(self, row_id: str, percent: float, *, resets_in: float | None = None, **facts: Any) -> None:
        """The upstream tells a counter."""
        resets_at = None if resets_in is None else self.now + resets_in
        window = RateLimitWindow(used_percent=percent, resets_at=resets_at, window_seconds=18_000)
        self.pool.observe(row_id, RateLimitSnapshot(primary=window, **facts), self.now)

    def occupy(self, row_id: str, slots: int) -> None:
        """So many slots are in use."""
        self.pool.slots_changed(row_id, slots, self.now)

    def asked(self, need: Need | None = None, *, exclude: str = "") -> Asked:
        """The question as a value."""
        return Asked(need or Need(model=MODEL), frozenset(exclude), None, self.now)


def talk(name: str, *, key: str = "key", **facts: Any) -> Need:
    """A request of a conversation."""
    return Need(model=MODEL, conversation=(key, name), client_key_id=key, **facts)


STRATEGIES = tuple(Strategy)
