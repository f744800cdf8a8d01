"""What the raw samples say: medians over the rounds, ratios taken within a round, and the product's targets.

Rule: two servers are only ever compared inside one round, where they met the same machine; the median of those
ratios or differences is the figure. Answers that failed are in no figure, and a run with failures says so.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.lanes import Memory, Results, Sample
from bench.measure import Spread

SERVERS = ("direct", "nginx", "relay", "gateway", "passing", "litellm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One server in one lane and dialect. Added times are against the backend called directly, shares of one core."""

    lane: str
    dialect: str
    server: str
    answers: int
    cpu_us: float
    cpu_us_range: tuple[float, float]
    times_nginx: float | None
    first_token: Spread | None
    gap: Spread | None
    added_first_token: Spread | None
    added_gap: Spread | None
    server_share: float
    backend_share: float
    load_share: float
    stolen_share: float
    backend_late_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A promise of the product: `measured` must stay at or under `bound`, or reach it if `at_least`."""

    promise: str
    bound: float
    unit: str
    measured: Callable[["Summary"], float | None]
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A target against its measured value; `met` is None where nothing was measured."""

    promise: str
    bound: str
    measured: float | None
    met: bool | None
    off_by_percent: float | None


class Summary:
    """Questions to the samples of one run."""

    def __init__(self, results: Results) -> None:
        self._samples = [sample for sample in results.samples if sample.answers]
        self._memory = {memory.server: memory for memory in results.memory}

    def lines(self) -> list[Line]:
        """One line for each lane, dialect and server measured, in the order lane, dialect, server."""
        keys = {(sample.lane, sample.dialect, sample.server) for sample in self._samples}
        ordered = sorted(keys, key=lambda key: (key[0] != "paced", key[1], SERVERS.index(key[2])))
        return [self._line(*key) for key in ordered]

    def memory(self, server: str) -> Memory | None:
        """The memory figures of a server, if that lane ran."""
        return self._memory.get(server)

    def cpu_ratio(self, lane: str, dialect: str, *, of: str, to: str) -> float | None:
        """How many times the CPU per answer of `to` the server `of` needs: the median of the rounds' ratios."""
        return self._compare(
            lane, dialect, (of, to), lambda one, other: one.cpu_us_per_answer / other.cpu_us_per_answer
        )

    def added_ms(self, lane: str, dialect: str, server: str, read: Callable[[Sample], float]) -> float | None:
        """What a server adds to a time of the backend called directly: the median of the rounds' differences."""
        return self._compare(lane, dialect, (server, "direct"), lambda one, other: read(one) - read(other))

    def _compare(
        self, lane: str, dialect: str, servers: tuple[str, str], difference: Callable[[Sample, Sample], float]
    ) -> float | None:
        ones, others = (self._rounds(lane, dialect, server) for server in servers)
        by_round = {sample.round: sample for sample in others}
        found = [difference(one, by_round[one.round]) for one in ones if one.round in by_round]
        return statistics.median(found) if found else None

    def _rounds(self, lane: str, dialect: str, server: str) -> list[Sample]:
        wanted = (lane, dialect, server)
        return [sample for sample in self._samples if (sample.lane, sample.dialect, sample.server) == wanted]

    def _line(self, lane: str, dialect: str, server: str) -> Line:
        rounds = self._rounds(lane, dialect, server)
        cpu = [sample.cpu_us_per_answer for sample in rounds]
        direct = server == "direct"
        return Line(
            lane=lane,
            dialect=dialect,
            server=server,
            answers=sum(sample.answers for sample in rounds),
            cpu_us=statistics.median(cpu),
            cpu_us_range=(min(cpu), max(cpu)),
            times_nginx=None if direct else self.cpu_ratio(lane, dialect, of=server, to="nginx"),
            first_token=_median_spread([sample.first_token for sample in rounds]),
            gap=_median_spread([sample.gap for sample in rounds]),
            added_first_token=None if direct else self._added(lane, dialect, server, lambda one: one.first_token),
            added_gap=None if direct else self._added(lane, dialect, server, lambda one: one.gap),
            server_share=_median_share(rounds, lambda one: one.server_cpu_seconds),
            backend_share=_median_share(rounds, lambda one: one.backend_cpu_seconds),
            load_share=_median_share(rounds, lambda one: one.load_cpu_seconds),
            stolen_share=_median_share(rounds, lambda one: one.stolen_seconds),
            backend_late_ms=statistics.median(sample.backend_late_ms for sample in rounds),
        )

    def _added(self, lane: str, dialect: str, server: str, read: Callable[[Sample], Spread | None]) -> Spread | None:
        p50 = self.added_ms(lane, dialect, server, lambda one: _p50(read(one)))
        p99 = self.added_ms(lane, dialect, server, lambda one: _p99(read(one)))
        return None if p50 is None or p99 is None else Spread(p50_ms=p50, p99_ms=p99)


def _p50(times: Spread | None) -> float:
    return times.p50_ms if times else 0.0


def _p99(times: Spread | None) -> float:
    return times.p99_ms if times else 0.0


def _median_spread(rounds: Sequence[Spread | None]) -> Spread | None:
    known = [times for times in rounds if times is not None]
    if not known:
        return None
    return Spread(
        p50_ms=statistics.median(times.p50_ms for times in known),
        p99_ms=statistics.median(times.p99_ms for times in known),
    )


def _median_share(rounds: Sequence[Sample], read: Callable[[Sample], float]) -> float:
    return statistics.median(read(sample) / sample.wall_seconds for sample in rounds)


def _rest_megabytes(summary: Summary) -> float | None:
    memory = summary.memory("gateway")
    return memory.rest_bytes / 1e6 if memory else None


def _kilobytes_per_stream(summary: Summary) -> float | None:
    memory = summary.memory("gateway")
    return memory.kilobytes_per_stream if memory else None


TARGETS = (
    Target(
        promise="CPU per paced, translated stream against nginx relaying bytes",
        bound=2.5,
        unit="x",
        measured=lambda summary: summary.cpu_ratio("paced", "chat", of="gateway", to="nginx"),
    ),
    Target(
        promise="CPU per paced stream that LiteLLM needs against ours",
        bound=20,
        unit="x",
        measured=lambda summary: summary.cpu_ratio("paced", "chat", of="litellm", to="gateway"),
        at_least=True,
    ),
    Target(
        promise="CPU per paced stream passed on to a vendor of the client's dialect against a translated one",
        bound=0.95,
        unit="x",
        measured=lambda summary: summary.cpu_ratio("paced", "chat", of="passing", to="gateway"),
    ),
    Target(
        promise="the same against nginx relaying bytes",
        bound=2.3,
        unit="x",
        measured=lambda summary: summary.cpu_ratio("paced", "chat", of="passing", to="nginx"),
    ),
    Target(
        promise="added time to first token, median, 64 streams open",
        bound=1.5,
        unit=" ms",
        measured=lambda summary: summary.added_ms("paced", "chat", "gateway", lambda one: _p50(one.first_token)),
    ),
    Target(
        promise="added gap between tokens, median, 64 streams open",
        bound=0.5,
        unit=" ms",
        measured=lambda summary: summary.added_ms("paced", "chat", "gateway", lambda one: _p50(one.gap)),
    ),
    Target(promise="memory at rest", bound=100, unit=" MB", measured=_rest_megabytes),
    Target(promise="memory per idle open stream", bound=80, unit=" KB", measured=_kilobytes_per_stream),
)


def judge(target: Target, summary: Summary) -> Verdict:
    """Hold a measured value against its target."""
    measured = target.measured(summary)
    bound = f"{'>=' if target.at_least else '<='} {target.bound:g}{target.unit}"
    if measured is None:
        return Verdict(promise=target.promise, bound=bound, measured=None, met=None, off_by_percent=None)
    met = measured >= target.bound if target.at_least else measured <= target.bound
    off_by = abs(measured - target.bound) / target.bound * 100
    return Verdict(promise=target.promise, bound=bound, measured=measured, met=met, off_by_percent=off_by)
