"""Answers of the control plane about usage.

Rules of this file: names of members are those that dashboards know.  Source: spec, accounts, 11.
"""

from typing import Literal, TypeAlias

import msgspec

from codex_proxy.operations.transfer.times import iso
from codex_proxy.operations.usage_stats.recorder import RecordingState
from codex_proxy.operations.usage_stats.statistics import History, Question, Summary, UsageStatistics
from codex_proxy.operations.usage_stats.views import DataPoint, GroupView, counters

Hours: TypeAlias = float | Literal["all"] | None


class RecordingView(msgspec.Struct, frozen=True, kw_only=True):
    """How recording goes; see ``RecordingState``.  ``failing_since`` is ISO 8601."""

    enabled: bool
    waiting_count: int = 0
    written_count: int = 0
    lost_count: int = 0
    failing_since: str | None = None
    reason: str | None = None


class SummaryAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={"begins_at": "from", "ends_at": "to"}):
    """What was used in a period of whole hours, which ``from`` and ``to`` tell, and the accounts there are now.

    Costs are what the API would have charged, by prices of ``priced_as_of``; they leave out the
    ``total_unpriced_count`` exchanges whose model has no price, or whose tokens nobody told.  ``prices_trouble`` says
    why the owner's prices as they stand in their file now are not in force.
    """

    begins_at: str | None
    ends_at: str
    total_request_count: int
    total_failed_count: int
    total_aborted_count: int
    total_unpriced_count: int
    total_estimated_count: int
    total_input_tokens: int
    total_cached_tokens: int
    total_cache_write_tokens: int
    total_output_tokens: int
    total_reasoning_tokens: int
    total_image_input_tokens: int
    total_image_output_tokens: int
    total_image_request_count: int
    total_image_request_failed_count: int
    total_estimated_cost_usd: float
    first_content_ms: float | None
    duration_ms: float | None
    total_accounts: int
    active_accounts: int
    priced_as_of: str
    prices_trouble: str | None
    recording: RecordingView
    groups: tuple[GroupView, ...] | msgspec.UnsetType = msgspec.UNSET


class HistoryAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={"begins_at": "from", "ends_at": "to"}):
    """What was used over time, in order; ``from`` and ``to`` tell the period of whole buckets that this is."""

    granularity: str
    hours: Hours
    begins_at: str
    ends_at: str
    tz: str
    data_points: list[DataPoint]


class ForgottenAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={"begins_at": "from", "ends_at": "to"}):
    """What was forgotten: so many exchanges that began from ``from`` until ``to``."""

    request_count: int
    begins_at: str
    ends_at: str
    success: Literal[True] = True


_MEANS = frozenset({"first_content_ms", "duration_ms"})


def summary_answer(statistics: UsageStatistics, told: Summary, *, is_grouped: bool) -> SummaryAnswer:
    """The answer to a question for a sum."""
    parts = statistics.parts
    accounts, prices = parts.accounts(), parts.prices()
    sums = counters(told.sums)
    return SummaryAnswer(
        begins_at=told.begins_at,
        ends_at=told.ends_at,
        total_accounts=accounts.total,
        active_accounts=accounts.active,
        priced_as_of=prices.as_of,
        prices_trouble=prices.trouble,
        recording=recording_view(parts.recording()),
        groups=told.groups if is_grouped else msgspec.UNSET,
        **{name if name in _MEANS else f"total_{name}": value for name, value in sums.items()},
    )


def history_answer(told: History, question: Question, *, hours: Hours) -> HistoryAnswer:
    """The answer to a question for a history; ``hours`` are those that were asked for."""
    return HistoryAnswer(
        granularity=question.granularity.value,
        hours=hours,
        begins_at=told.begins_at,
        ends_at=told.ends_at,
        tz=question.zone,
        data_points=told.points,
    )


def recording_view(state: RecordingState | None) -> RecordingView:
    """How recording goes; None where nothing is recorded."""
    if state is None:
        return RecordingView(enabled=False)
    return RecordingView(
        enabled=True,
        waiting_count=state.waiting_count,
        written_count=state.written_count,
        lost_count=state.lost_count,
        failing_since=None if state.failing_since is None else iso(state.failing_since),
        reason=state.reason,
    )
