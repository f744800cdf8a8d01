"""What one attempt does: the call, where it goes, who reads it, and who gets the answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec

from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.gateway.attempts.pictures import PictureFilter
from codex_proxy.gateway.attempts.stop import StopFilter
from codex_proxy.gateway.ports import Lease, Route
from codex_proxy.protocols.base import AnyStep, ClientCodec, UpstreamCall

Deliver: TypeAlias = Callable[[Sequence[AnyStep]], Awaitable[None]]
ObserveLimits: TypeAlias = Callable[[RateLimitSnapshot], None]


class AttemptPlan(msgspec.Struct, kw_only=True):
    """What to call, where, under which lease, who gets the answer, and what is done to it on the way.

    ``observe_limits`` hears the counters in the reply's headers, be it an answer or a refusal.  ``relays`` hands the
    upstream's raw frames on, which only a client of the same dialect family can read.  Its call loses body and headers
    once they are sent: a stream may last for hours, and its request be megabytes.  ``passes`` hands the answer on byte
    by byte; ``is_whole`` says whether one body is expected in place of a stream, None where only a stream can come.
    """

    call: UpstreamCall
    codec: ClientCodec
    route: Route
    lease: Lease
    deliver: Deliver
    observe_limits: ObserveLimits
    relays: bool = False
    passes: bool = False
    is_whole: bool | None = None
    stop: StopFilter | None = None
    pictures: PictureFilter | None = None
