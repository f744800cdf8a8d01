"""The quotas of all accounts."""

from codex_proxy.simulator.quota.book import QuotaBook
from codex_proxy.simulator.sections.accounts import AccountSettings, WindowSettings

FULL = AccountSettings(id="a", primary=WindowSettings(seconds=60, used_percent=100))


def test_members_of_one_workspace_have_quotas_of_their_own() -> None:
    book = QuotaBook()
    one, other = (book.quota_of(("a", user), FULL, plan="plus", now=0) for user in ("u1", "u2"))
    assert one is not other
    assert book.quota_of(("a", "u1"), FULL, plan="plus", now=50) is one


def test_q_03_other_words_in_the_scenario_or_another_plan_begin_it_anew() -> None:
    book = QuotaBook()
    full = book.quota_of(("a", "u"), FULL, plan="free", now=0)
    assert full.take("gpt", 1) is not None
    upgraded = book.quota_of(("a", "u"), FULL, plan="plus", now=2)
    early = book.quota_of(("a", "u"), AccountSettings(id="a"), plan="plus", now=3)
    assert len({id(full), id(upgraded), id(early)}) == 3
    assert early.take("gpt", 3) is None
