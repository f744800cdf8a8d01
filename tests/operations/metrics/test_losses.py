"""What observers lost is counted and told on."""

from codex_proxy.operations.metrics.families import exposition
from codex_proxy.operations.metrics.losses import ObserverLosses


def test_each_failure_counts_by_the_observers_name() -> None:
    told: list[tuple[str, str]] = []
    losses = ObserverLosses(lambda name, error: told.append((name, str(error))))
    for words in ("full", "locked"):
        losses.complain("UsageWriter", OSError(words))
    assert told == [("UsageWriter", "full"), ("UsageWriter", "locked")]
    assert 'codex_proxy_observer_failures_total{observer="UsageWriter"} 2' in exposition(losses.families())
