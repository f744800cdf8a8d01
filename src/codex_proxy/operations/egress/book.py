"""The ways out as requests see them.

Rules of this file: no I/O; an answer costs a dictionary look-up while nothing changes.  What requests and checks tell
about a proxy is remembered here and counts at once.  Nobody leaves before it is known who leaves which way.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from codex_proxy.accounts.egress.standing import (
    Standing,
    changed_place,
    failed,
    let_through,
    region_refused,
)
from codex_proxy.accounts.egress.ways import (
    DIRECT_ID,
    GLOBAL_ID,
    Direct,
    NoWay,
    OnUnavailable,
    Through,
    Way,
    Ways,
    owners_way,
    way_of,
)
from codex_proxy.accounts.keeping import Egresses, EgressHealth, EgressProxy
from codex_proxy.canonical.failure import Failure, FailureKind, Sent

UNREAD: Final = NoWay(egress_id="", name="of this account", reason="which one it is could not be read")


class EgressPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """``global_url`` is the proxy of accounts without one of their own; it may hold a password."""

    global_url: str | None = None
    on_unavailable: OnUnavailable = OnUnavailable.FAIL

    def __repr__(self) -> str:
        return f"EgressPolicy(on_unavailable={self.on_unavailable!r})"


class EgressBook:
    """Proxies, assignments and standings; ``now`` gives epoch seconds.

    ``version`` grows when any way may be another; whoever changes assignments knows of which accounts.  ``is_read`` is
    False where something is kept that ``take`` has not told yet.
    """

    def __init__(self, *, policy: EgressPolicy, now: Callable[[], float], is_read: bool = True) -> None:
        self._policy = policy
        self._now = now
        self._is_read = is_read
        self._egresses = Egresses()
        self._proxies: Mapping[str, EgressProxy] = {}
        self._standings: dict[str, Standing] = {}
        self._checked_at: dict[str, float] = {}
        self._ways: dict[str, Way] = {}
        self._stale_at: float | None = None
        self.version = 0

    @property
    def egresses(self) -> Egresses:
        """What is kept: proxies and assignments."""
        return self._egresses

    def standing(self, egress_id: str) -> Standing:
        """What is known of a way out."""
        return self._standings.get(egress_id, Standing())

    def change_policy(self, policy: EgressPolicy) -> None:
        """Another policy holds from now on."""
        self._policy = policy
        self._forget_ways()

    def take(self, egresses: Egresses) -> None:
        """This is what is kept now; what is known of proxies that stay is kept, unless their address changed.

        What another process's check found since is believed as our own would be.
        """
        moved = assigned_anew(self._egresses, egresses) if self._is_read else None
        if moved is not None:
            self._egresses = egresses
            for row_id in moved:
                self._ways.pop(row_id, None)
            return
        before, there = self._proxies, {proxy.proxy_id: proxy for proxy in egresses.proxies}
        same = {key for key, proxy in there.items() if key in before and before[key].url == proxy.url}
        known = same | {GLOBAL_ID, DIRECT_ID}
        self._standings = {key: value for key, value in self._standings.items() if key in known}
        self._checked_at = {key: value for key, value in self._checked_at.items() if key in same}
        for key, proxy in there.items():
            if proxy.health is not None and proxy.health.checked_at > self._checked_at.get(key, 0.0):
                self.checked(key, proxy.health)
        self._proxies = there
        self._egresses = egresses
        self._is_read = True
        self._forget_ways()

    def way(self, row_id: str) -> Way:
        """How this account leaves now."""
        if self._stale_at is not None and self._now() >= self._stale_at:
            self._forget_ways()
        way = self._ways.get(row_id)
        if way is None:
            way = self._ways[row_id] = self._resolved(row_id)
        return way

    def owners_way(self) -> Direct | Through:
        """How calls leave that are no account's."""
        return owners_way(self._policy.global_url)

    def stranded(self, row_ids: Iterable[str]) -> dict[str, NoWay]:
        """Those of these accounts that cannot leave at all, and why."""
        ways = ((row_id, self.way(row_id)) for row_id in row_ids)
        return {row_id: way for row_id, way in ways if isinstance(way, NoWay)}

    def came_through(self, egress_id: str) -> None:
        """A call got an answer this way."""
        if self.standing(egress_id).failures:
            self._set(egress_id, let_through(self.standing(egress_id)))

    def blame(self, egress_id: str, failure: Failure) -> None:
        """A call failed this way; most failures say nothing about it.  To be told once of each, or it counts twice."""
        match failure.kind:
            case FailureKind.REGION_BLOCKED:
                self._set(egress_id, region_refused(self.standing(egress_id), self._now()))
            case FailureKind.UNREACHABLE if failure.sent is Sent.NOTHING_SENT and egress_id != DIRECT_ID:
                self._set(egress_id, failed(self.standing(egress_id), failure.message))
            case _:
                pass

    def checked(self, egress_id: str, health: EgressHealth) -> None:
        """A check of a proxy ended, here or in another process."""
        self._checked_at[egress_id] = health.checked_at
        proxy = self._proxies.get(egress_id)
        before = None if proxy is None else proxy.health
        standing = self.standing(egress_id)
        if health.error is not None:
            self._set(egress_id, failed(standing, health.error))
            return
        moved = before is not None and before.exit_ip is not None and before.exit_ip != health.exit_ip
        self._set(egress_id, let_through(changed_place(standing) if moved else standing))

    def _set(self, egress_id: str, standing: Standing) -> None:
        if standing != self.standing(egress_id):
            self._standings[egress_id] = standing
            self._forget_ways()

    def _resolved(self, row_id: str) -> Way:
        if not self._is_read:
            return UNREAD
        ways = Ways(
            proxies=self._proxies,
            standings=self._standings,
            global_url=self._policy.global_url,
            on_unavailable=self._policy.on_unavailable,
        )
        return way_of(row_id, self._egresses.assignments.get(row_id), ways, now=self._now())

    def _forget_ways(self) -> None:
        self._ways.clear()
        self.version += 1
        now = self._now()
        ends = [standing.region_until for standing in self._standings.values() if standing.region_until is not None]
        self._stale_at = min((end for end in ends if end > now), default=None)


def assigned_anew(before: Egresses, after: Egresses) -> frozenset[str] | None:
    """The accounts that have another assignment, where nothing else changed; None where any way may be another."""
    if before.proxies != after.proxies:
        return None
    return frozenset(row_id for row_id, _ in before.assignments.items() ^ after.assignments.items())
