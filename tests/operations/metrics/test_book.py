"""All sources in one text."""

from codex_proxy.operations.metrics.book import MetricsBook
from codex_proxy.operations.metrics.families import Counter


def test_sources_are_told_in_the_order_in_which_they_came() -> None:
    first, second = Counter("a_total", "A."), Counter("b_total", "B.")
    book = MetricsBook(first)
    book.add(second)
    for each in (second, first):
        each.add()
    assert [line for line in book.text().splitlines() if not line.startswith("#")] == ["a_total 1", "b_total 1"]
