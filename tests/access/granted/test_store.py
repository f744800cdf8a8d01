"""What the ledger is told."""

from codex_proxy.access.granted.budgets import Amount
from codex_proxy.access.granted.store import Batch, Kept, Spending, Standing


def test_what_nobody_says_is_nothing() -> None:
    spending = Spending(key_id="k", at=1.0)
    assert (spending.counts, spending.micro_usd, spending.reservation_id) == (True, 0, None)
    assert (Batch().spent, Batch().wanted, Kept().keys) == ((), (), ())
    assert Standing().reserved == Amount()
