"""The upstreams of the matrix: a request on its way to the Codex backend, or through the gateway to a vendor.

Rules of this file: the program's own parts do the work, from parsing to the call; of a vendor's models one is asked
that no profile knows, so that the cells say what the wire can and not what a model refuses.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import zstandard

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.bootstrap.vendors.codecs import VendorCodecs
from codex_proxy.bootstrap.vendors.profiles import packaged_profiles
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note
from codex_proxy.gateway.continuation import LearnedRejects
from codex_proxy.gateway.ports import Route
from codex_proxy.gateway.prepare import ClientBody, Defaults, Prepared, prepare
from codex_proxy.gateway.progress import Progress
from codex_proxy.gateway.upstreams.vendors import VendorAsking, VendorCandidate, VendorParts
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Unsupported
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.routing.resolve import Resolver, VendorRoute
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.pool import VendorPool
from codex_proxy.vendors.profile import Wire
from scripts.fidelity.fragments import ANTHROPIC, CHAT, CODEX, GEMINI, RESPONSES
from scripts.fidelity.verdicts import Tried
from scripts.stand_in import stand_in_target

VENDORS: Final = {
    CHAT: ("openai", Wire.CHAT),
    RESPONSES: ("openai", Wire.RESPONSES),
    ANTHROPIC: ("anthropic", Wire.ANTHROPIC),
    GEMINI: ("gemini", Wire.GEMINI),
}
"""For each wire the vendor that made it."""

UPSTREAMS: Final = (CODEX, *VENDORS)
_MODEL: Final = "zq-model"
_CODECS: Final = VendorCodecs(packaged_profiles())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    body: str
    notes: tuple[Note, ...]
    emulates: bool


def try_request(
    codec: ServerCodec, body: dict[str, Any], headers: dict[str, str], *, upstream: str = CODEX, passes: bool = False
) -> Tried:
    """Parse the body, prepare it as the gateway does, and build the upstream's call from it.

    ``passes`` lets a client's own body go to a vendor of its dialect; without, it is written anew.
    """
    content = msgspec.json.encode(body)
    try:
        parsed = codec.parse_request(content, headers=headers)
        model = None if upstream == CODEX else f"{VENDORS[upstream][0]}:{_MODEL}"
        prepared = prepare(parsed.request, parsed.notes, resolver=_RESOLVER, defaults=Defaults(), model=model)
        if isinstance(prepared, Failure):
            return Tried()
        if passes and parsed.passable:
            prepared = msgspec.structs.replace(prepared, body=ClientBody(content))
        sent = _to_codex(prepared) if upstream == CODEX else _to_vendor(prepared, upstream)
    except (InvalidRequest, Unsupported):
        return Tried()
    if sent is None:
        return Tried()
    notes = frozenset({*prepared.notes, *sent.notes})
    return Tried(request=prepared.request, body=sent.body, notes=notes, emulates=sent.emulates)


def _to_codex(prepared: Prepared) -> _Sent:
    target = stand_in_target(prepared.model, effort=prepared.effort, service_tier=prepared.service_tier)
    call = CodexClient().build_call(prepared.request, target)
    text = zstandard.ZstdDecompressor().decompress(call.body).decode()
    return _Sent(body=text, notes=call.notes, emulates=True)


def _to_vendor(prepared: Prepared, upstream: str) -> _Sent | None:
    """What the gateway would send with a key of the wire's vendor; None where it refuses."""
    vendor, wire = VENDORS[upstream]
    key = VendorKey(row_id=upstream, vendor=vendor, base_url="https://vendor.invalid", wire=wire, secret="none")
    parts = VendorParts(
        pool=VendorPool(),
        codec_of=_CODECS.of,
        route_of=lambda one: Route(base_url=one.base_url, account_id=one.row_id, egress_id="none"),
        clock=SystemClock(),
        rejects=LearnedRejects(),
    )
    route = prepared.vendor or VendorRoute(vendor=vendor, model=_MODEL)
    asking = VendorAsking(parts, prepared, route, Progress(started_at=0.0))
    outgoing = VendorCandidate(asking, key).outgoing()
    if isinstance(outgoing, Failure):
        return None
    return _Sent(body=outgoing.call.body.decode(), notes=outgoing.call.notes, emulates=outgoing.cuts_stops)


_RESOLVER: Final = Resolver(
    catalogue=packaged_catalogue(),
    aliases={},
    default="gpt-5.4",
    vendors=frozenset(vendor for vendor, _ in VENDORS.values()),
)
