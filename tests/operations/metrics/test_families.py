"""The text that Prometheus reads."""

from codex_proxy.operations.metrics.families import (
    OTHER,
    BoundedNames,
    Counter,
    Histogram,
    Sample,
    exposition,
    reading,
    readings,
)


def test_counters_count_by_their_labels() -> None:
    asked = Counter("asked_total", "Questions.", ("dialect", "model"))
    asked.add("chat", "m")
    asked.add("chat", "m", amount=2)
    asked.add("chat", 'odd "name"\\')
    assert exposition(asked.families()) == (
        "# HELP asked_total Questions.\n"
        "# TYPE asked_total counter\n"
        'asked_total{dialect="chat",model="m"} 3\n'
        'asked_total{dialect="chat",model="odd \\"name\\"\\\\"} 1\n'
    )


def test_a_histogram_counts_what_was_at_most_so_large() -> None:
    waited = Histogram("waited_seconds", "Waits.", bounds=(0.1, 1))
    for seconds in (0.1, 0.5, 30):
        waited.observe(seconds)
    assert exposition(waited.families()).splitlines()[2:] == [
        'waited_seconds_bucket{le="0.1"} 1',
        'waited_seconds_bucket{le="1"} 2',
        'waited_seconds_bucket{le="+Inf"} 3',
        "waited_seconds_sum 30.6",
        "waited_seconds_count 3",
    ]


def test_what_nobody_knows_has_no_line() -> None:
    assert exposition([reading("memory_bytes", "Memory.", None), readings("by_state", "States.", ())]) == ""
    assert exposition([readings("s", "S.", (Sample(value=2, labels={"state": "a"}),))]).endswith('s{state="a"} 2\n')


def test_names_that_clients_choose_are_so_many_and_no_more() -> None:
    names = BoundedNames(2)
    assert [names.of(name) for name in ("a", "b", "c", "a", "b" * 100)] == ["a", "b", OTHER, "a", OTHER]
