"""What is to be written and done."""

from codex_proxy.accounts.journal import Journal
from codex_proxy.accounts.lifecycle.effects import RequestProbe, RequestRefresh
from codex_proxy.accounts.record import AccountEvent


def event(at: float) -> AccountEvent:
    return AccountEvent(row_id="a", at=at, before="active", after="disabled", reason="r")


def test_what_was_taken_is_not_taken_again() -> None:
    journal = Journal()
    for row_id in ("a", "b", "a"):
        journal.changed(row_id)
    journal.tell(event(1))
    journal.ask("a", (RequestRefresh(), RequestProbe(at=2.0)))
    assert journal.take_dirty() == ("a", "b")
    assert journal.take_events() == (event(1),)
    assert journal.take_effects() == (("a", RequestRefresh()), ("a", RequestProbe(at=2.0)))
    assert (journal.take_dirty(), journal.take_events(), journal.take_effects()) == ((), (), ())


def test_of_more_than_fits_the_oldest_is_lost_and_that_is_counted() -> None:
    journal = Journal(limit=2)
    for at in range(3):
        journal.tell(event(at))
        journal.ask("a", (RequestProbe(at=at),))
    assert journal.take_events() == (event(1), event(2))
    assert [effect for _, effect in journal.take_effects()] == [RequestProbe(at=1), RequestProbe(at=2)]
    assert journal.lost_count == 2


def test_an_account_that_is_gone_is_not_written() -> None:
    journal = Journal()
    journal.changed("a")
    journal.changed("b")
    journal.forget(["a", "z"])
    assert journal.take_dirty() == ("b",)
