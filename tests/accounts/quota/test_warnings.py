"""Warnings of windows that are nearly used up."""

import msgspec
import pytest

from codex_proxy.accounts.quota.buckets import Bucket, WindowReading
from codex_proxy.accounts.quota.warnings import Thresholds, WarningLevel, warnings_of

NOW = 1_800_000_000.0


def levels(
    primary: float, secondary: float = 0, *, thresholds: Thresholds | None = None, now: float = NOW
) -> list[str]:
    bucket = Bucket(
        limit_id="codex",
        primary=WindowReading(used_percent=primary, window_seconds=18_000, resets_at=NOW + 600),
        secondary=WindowReading(used_percent=secondary, window_seconds=604_800, resets_at=NOW + 900),
    )
    told = warnings_of("a", None, (bucket,), thresholds=thresholds or Thresholds(), now=now)
    return [f"{warning.window} {warning.level}" for warning in told]


@pytest.mark.parametrize(
    ("used", "told"),
    [
        (79.9, []),
        (80, ["primary warning"]),
        (85, ["primary warning"]),
        (90, ["primary critical"]),
        (95, ["primary critical"]),
    ],
)
def test_q_12_a_window_warns_from_its_thresholds_on(used: float, told: list[str]) -> None:
    assert levels(used) == told


def test_q_12_a_warning_goes_with_the_windows_reset() -> None:
    assert levels(95, 95) == ["primary critical", "secondary critical"]
    assert levels(95, 95, now=NOW + 600) == ["secondary critical"]
    assert levels(95, 95, now=NOW + 900) == []


def test_q_11_the_thresholds_are_the_owners() -> None:
    owners = Thresholds(primary=(50, 60, 70), secondary=(10,))
    assert levels(65, 15, thresholds=owners) == ["primary warning", "secondary critical"]
    assert levels(75, 5, thresholds=owners) == ["primary critical"]
    assert levels(100, 100, thresholds=Thresholds(primary=(), secondary=())) == []


def test_a_warning_has_the_names_of_the_wire() -> None:
    bucket = Bucket(limit_id="codex_bengalfox", primary=WindowReading(used_percent=91, window_seconds=18_000))
    (warning,) = warnings_of("a", "a@example.org", (bucket,), thresholds=Thresholds(), now=NOW)
    assert warning.level is WarningLevel.CRITICAL
    assert msgspec.to_builtins(warning) == {
        "accountId": "a",
        "email": "a@example.org",
        "bucket": "codex_bengalfox",
        "window": "primary",
        "windowName": "5 h",
        "level": "critical",
        "usedPercent": 91.0,
        "resetAt": None,
    }
