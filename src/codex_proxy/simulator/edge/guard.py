"""Judges where a request comes from.

Rules of this file: an address is the IP address of the connection, so that an egress proxy of any kind can be told by
the address it leaves from, together with what a ``via`` header says.  A ``__cf_bm`` cookie is good for the address it
was given to and for no other.  Source: the empty 404 that replayed cookies brought, in public reports.
"""

import hashlib
from typing import Final

import msgspec

from codex_proxy.protocols.base import HeaderPairs, WireReply
from codex_proxy.simulator.edge.replies import EDGE_REPLIES
from codex_proxy.simulator.sections.edge import EdgeAnswer, EdgeRule, EdgeSettings, Service

BOUND_COOKIE: Final = "__cf_bm"
"""The cookie that is bound to an address."""

_FOREIGN_COOKIES: Final = ("oai-did=simulated; path=/", "__Secure-next-auth.session-token=simulated; path=/; Secure")
"""Cookies that a Codex client must not keep."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request comes from and goes to; ``cookie`` and ``via`` are its headers, empty where it has none."""

    service: Service
    address: str
    via: str = ""
    cookie: str = ""

    @property
    def place(self) -> str:
        """What a cookie is bound to."""
        return hashlib.sha256(f"{self.address} {self.via}".encode()).hexdigest()[:32]


class Guard:
    """Remembers how often each of its rules has answered."""

    def __init__(self, settings: EdgeSettings) -> None:
        self.settings = settings
        self._answered = [0] * len(settings.rules)

    def judge(self, origin: Origin) -> WireReply | None:
        """The refusal, None for who may pass."""
        for number, rule in enumerate(self.settings.rules):
            if _fits(rule, origin) and (rule.times is None or self._answered[number] < rule.times):
                self._answered[number] += 1
                return EDGE_REPLIES[rule.answer]
        if self.settings.cookies and origin.service is Service.BACKEND and _bound_elsewhere(origin):
            return EDGE_REPLIES[EdgeAnswer.PATH_BLOCK]
        return None

    def cookies(self, origin: Origin) -> HeaderPairs:
        """The headers that give the caller its cookies."""
        if not self.settings.cookies or origin.service is not Service.BACKEND:
            return ()
        bound = f"{BOUND_COOKIE}={origin.place}; path=/; max-age=1800; HttpOnly"
        unbound = "_cfuvid=simulated; path=/; HttpOnly"
        return tuple(("set-cookie", line) for line in (bound, unbound, *_FOREIGN_COOKIES))


def _fits(rule: EdgeRule, origin: Origin) -> bool:
    asked = (
        rule.service is None or rule.service is origin.service,
        rule.address is None or rule.address == origin.address,
        rule.via is None or rule.via in origin.via,
    )
    return all(asked)


def _bound_elsewhere(origin: Origin) -> bool:
    for pair in origin.cookie.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == BOUND_COOKIE:
            return value != origin.place
    return False
