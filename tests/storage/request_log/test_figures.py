"""What many rows come to."""

from pathlib import Path

import pytest

from codex_proxy.canonical.usage import Usage
from codex_proxy.operations.request_log.figures import Percentiles
from codex_proxy.operations.request_log.items import Item
from codex_proxy.operations.request_log.store import Wanted
from codex_proxy.storage.request_log.file import reading
from codex_proxy.storage.request_log.filtering import where_of
from tests.operations.request_log.samples import answered, failed, told
from tests.storage.request_log.keeping import Log

FREE = Usage(input_tokens=100, output_tokens=50, cached_tokens=0)


def exchanges() -> list[Item]:
    """Twenty that took 1.5 to 20.5 s, the first content after 0.1 to 2 s; one failed, one refusal."""
    good = [
        told(
            f"req_{number}",
            duration_seconds=number + 0.5,
            first_content_seconds=number / 10,
            usage=FREE,
            client_key_id="mine" if number > 10 else "other",
        )
        for number in range(1, 21)
    ]
    return [*good, failed("req_bad"), answered("req_no", status=400, duration_seconds=0.001)]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    made = Log(tmp_path)
    made.write(exchanges())
    made.queue.close()
    return made


def test_counts_times_speed_tokens_and_cost(log: Log) -> None:
    figures = log.store.figures(Wanted())
    assert (figures.count, figures.error_count, figures.error_percent) == (22, 2, 9.09)
    assert figures.ttft_ms == Percentiles(p50=1_000.0, p95=1_900.0)
    assert figures.duration_ms == Percentiles(p50=9_500.0, p95=19_500.0)
    assert (figures.cost_usd, figures.priced_count, figures.unpriced_count) == ("2.5", 20, 0)
    assert (figures.input_tokens, figures.output_tokens, figures.total_tokens) == (2_000, 1_000, 3_000)
    speeds = sorted(row.tokens_per_second for row in log.store.page(Wanted(), limit=50).rows if row.tokens_per_second)
    assert figures.tokens_per_second == speeds[9]


def test_they_are_of_what_is_wanted_and_of_no_page(log: Log) -> None:
    figures = log.store.figures(Wanted(key="mine", before=1))
    assert (figures.count, figures.error_count, figures.cost_usd) == (10, 0, "1.25")
    assert figures.duration_ms == Percentiles(p50=15_500.0, p95=20_500.0)


def test_what_has_no_price_is_counted_and_no_cost_is_made_up(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write([told("req_1")])
    log.queue.run(lambda connection: connection.execute("UPDATE exchanges SET cost_usd = NULL"))
    figures = log.store.figures(Wanted())
    assert (figures.cost_usd, figures.priced_count, figures.unpriced_count) == (None, 0, 1)
    log.queue.close()


def test_without_rows_nothing_was_measured(log: Log) -> None:
    figures = log.store.figures(Wanted(search="nobody wrote this"))
    assert (figures.count, figures.error_percent, figures.cost_usd) == (0, 0.0, None)
    assert figures.ttft_ms == figures.duration_ms == Percentiles(p50=None, p95=None)
    assert figures.tokens_per_second is None


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(since=5.0, until=9.0),
        Wanted(status_from=400, status_below=500, errors_only=True),
        Wanted(model="m", account="a", key="k", provider="p", dialect="d", failure="f", min_duration_ms=1.0),
        Wanted(asked_upstream=True),
    ],
)
def test_every_filter_but_the_search_is_answered_from_the_index(log: Log, wanted: Wanted) -> None:
    where, values = where_of(wanted)
    columns = "cost_usd, input_count, output_count, first_content_ms, duration_ms, tokens_per_second"
    with reading(log.path) as connection:
        assert connection is not None
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT {columns} FROM exchanges WHERE {where}", values
        ).fetchall()
    assert all("COVERING INDEX exchanges_figures" in step[3] for step in plan)
