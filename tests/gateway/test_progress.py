"""How far an exchange has come."""

from codex_proxy.gateway.progress import Progress


def test_an_exchange_begins_with_nothing_tried_and_shares_nothing() -> None:
    first, second = Progress(started_at=1.0), Progress(started_at=2.0)
    first.tried.add("a")
    first.fields_dropped.add("x")
    assert (second.has_lite_form, second.lite_forced) == (False, False)
    assert (second.tried, second.fields_dropped, second.failures, second.committed) == (set(), set(), [], False)
