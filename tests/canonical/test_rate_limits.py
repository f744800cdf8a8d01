"""Counters as told."""

from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow


def test_a_snapshot_belongs_to_the_codex_bucket_unless_named() -> None:
    snapshot = RateLimitSnapshot(primary=RateLimitWindow(used_percent=12.5, window_seconds=18_000))
    assert snapshot.limit_id == "codex"
    assert snapshot.primary is not None
    assert snapshot.secondary is None
