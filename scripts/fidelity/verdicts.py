"""What a try can end in, and how the end of a request's try is told apart.

Rules of this file: nothing is believed, everything is looked for: a feature counts as mapped only if its mark stands in
what went upstream, as ignored only if a note says so; what is in neither place was lost silently, which fails tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
import zstandard

from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import ClientIdentity, Credential, Profile, Target, UpstreamIdentity
from codex_proxy.gateway.prepare import Defaults, Prepared, prepare
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Unsupported
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.routing.resolve import Resolver

MARK = "zq-mark"
"""Stands in whatever has to arrive; occurs nowhere else."""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4wcAAAAMEAQFRj3e9AAAAAElFTkSuQmCC"


RESOLVER = Resolver(catalogue=packaged_catalogue(), aliases={}, default="gpt-5.4")


class Fate(StrEnum):
    """What becomes of a feature."""

    MAPPED = "mapped"
    EMULATED = "emulated"
    NOTED = "ignored with note"
    LOSSY = "lost with note"
    REJECTED = "rejected"
    COSMETIC = "no effect"
    ABSENT = "not in the dialect"
    SILENT = "lost silently"


Evidence = Callable[[dict[str, Any], str], bool]
"""Whether the upstream's body, as an object and as text, holds the feature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature of requests: its name, where it shows upstream, and how the gateway itself may see to it.

    ``in_request`` looks at the canonical request, for what never goes upstream; ``has_no_effect`` says that leaving it
    out changes nothing that anybody could see.
    """

    name: str
    shows: Evidence = lambda _, text: MARK in text
    in_request: Callable[[Request], bool] | None = None
    has_no_effect: bool = False


def fate_of_request(feature: Feature, tried: "Tried") -> Fate:
    """Whether the feature went upstream, is seen to by the gateway, or where else it went."""
    if tried.body is None or tried.request is None:
        return Fate.REJECTED
    if feature.shows(msgspec.json.decode(tried.body), tried.body):
        return Fate.MAPPED
    if feature.in_request is not None and feature.in_request(tried.request):
        return Fate.EMULATED
    if any(note.weight is Weight.LOSSY for note in tried.notes):
        return Fate.LOSSY
    if tried.notes:
        return Fate.NOTED
    return Fate.COSMETIC if feature.has_no_effect else Fate.SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a request: its canonical form and the upstream's body, unless it was refused, and the notes."""

    request: Request | None = None
    body: str | None = None
    notes: frozenset[Note] = frozenset()


def try_request(codec: ServerCodec, body: dict[str, Any], headers: dict[str, str]) -> Tried:
    """Parse the body, prepare it as the gateway does, and build the Codex call from it."""
    try:
        parsed = codec.parse_request(msgspec.json.encode(body), headers=headers)
        prepared = prepare(parsed.request, parsed.notes, resolver=RESOLVER, defaults=Defaults())
        if isinstance(prepared, Failure):
            return Tried()
        call = CodexClient().build_call(prepared.request, target(prepared))
    except (InvalidRequest, Unsupported):
        return Tried()
    text = zstandard.ZstdDecompressor().decompress(call.body).decode()
    return Tried(request=prepared.request, body=text, notes=frozenset({*prepared.notes, *call.notes}))


def target(prepared: Prepared) -> Target:
    """A Codex account for what was prepared."""
    return Target(
        model=prepared.model,
        effort=prepared.effort,
        service_tier=prepared.service_tier,
        credential=Credential(token="none", account_id="none"),
        client=ClientIdentity(
            profile=Profile.DESKTOP,
            engine_version="0",
            desktop_version="0",
            platform="Linux",
            arch="x86_64",
            terminal="none",
            installation_id="00000000-0000-4000-8000-000000000001",
        ),
        identity=UpstreamIdentity(session_id="s", thread_id="s", turn_id="t"),
        now=0.0,
    )
