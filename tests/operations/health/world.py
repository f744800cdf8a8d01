"""A pool, vendor keys and slots to look at."""

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.target import Credential
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.pool import VendorPool
from tests.gateway.scene import NOW


def pool_of(**used_percent: float) -> AccountPool:
    """Accounts by name, with how much of their limit is used."""
    made = AccountPool(affinity=AffinityMap(), policy=ChoicePolicy(max_concurrent=4))
    for row_id, percent in used_percent.items():
        made.add(Account(row_id=row_id, credential=Credential(token="t", account_id=row_id)), NOW)
        window = RateLimitWindow(used_percent=percent, window_seconds=18_000, resets_at=NOW + 600)
        made.observe(row_id, RateLimitSnapshot(plan_type="plus", primary=window, limit_reached=percent >= 100), NOW)
    return made


def vendor_pool(*keys: VendorKey) -> VendorPool:
    """Vendor keys."""
    made = VendorPool()
    for each in keys:
        made.put(each)
    return made
