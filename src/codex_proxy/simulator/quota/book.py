"""The quotas of all accounts.

Rules of this file: a quota begins when its account is first seen, and anew when the scenario says something else of it
than before; that is also how a test plays an early reset or another plan.
"""

from codex_proxy.simulator.quota.account import AccountQuota
from codex_proxy.simulator.sections.accounts import AccountSettings


class QuotaBook:
    """One quota for each member of each workspace."""

    def __init__(self) -> None:
        self._quotas: dict[tuple[str, str], AccountQuota] = {}

    def quota_of(self, owner: tuple[str, str], settings: AccountSettings, *, plan: str, now: float) -> AccountQuota:
        """The quota of ``owner``, which is an account's and a user's id."""
        known = self._quotas.get(owner)
        if known is not None and known.settings == settings and known.plan == plan:
            return known
        quota = AccountQuota(settings, plan=plan, owner="/".join(owner), now=now)
        self._quotas[owner] = quota
        return quota
