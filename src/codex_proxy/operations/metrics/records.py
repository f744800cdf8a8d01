"""How writing down goes: what waits to be written, and what was lost since nothing could be written.

Rules of this file: nothing is kept; the kinds of records are named by whoever puts this together, so that they are few.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from codex_proxy.operations.metrics.families import Family, Sample, readings


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one kind: how many were lost since the start, and how many wait, None where nobody knows."""

    lost_count: int
    waiting_count: int | None = None


class RecordStandings:
    """Implements ``Source``."""

    def __init__(self, by_kind: Mapping[str, Callable[[], Standing]]) -> None:
        self._by_kind = dict(by_kind)

    def families(self) -> Iterator[Family]:
        """See ``Source``."""
        told = {kind: standing() for kind, standing in self._by_kind.items()}
        yield Family(
            name="codex_proxy_records_lost_total",
            kind="counter",
            words="Records that are nowhere, since they could not be written.",
            samples=tuple(Sample(value=each.lost_count, labels={"kind": kind}) for kind, each in told.items()),
        )
        waiting = {kind: each.waiting_count for kind, each in told.items() if each.waiting_count is not None}
        yield readings(
            "codex_proxy_records_waiting",
            "Records that wait to be written.",
            (Sample(value=count, labels={"kind": kind}) for kind, count in waiting.items()),
        )
