"""Lists of models, asked of vendors with a key and remembered for a week.

Rules of this file: a list is remembered for exactly the vendor, address, wire and key it came for, so that no wrong key
passes by another one's list; what is remembered holds no key.  A list that cannot be had leaves what was known.
Source: spec, accounts, 6.2, 6.5.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Clock, Route, Transport, TransportError, UpstreamReply
from codex_proxy.operations.vendor_keys.parts import NoModelList, VendorRefused
from codex_proxy.protocols.anthropic import failures as anthropic
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.gemini import errors as gemini
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.lists import ListUnreadable, ModelPage, first_page, parse_model_list
from codex_proxy.vendors.profile import SuggestedModel, Wire, WireProfile
from codex_proxy.vendors.telling import Profiles

KEPT_SECONDS: Final = 7 * 86_400.0
MOST_PAGES: Final = 10
MOST_REPLY_BYTES: Final = 16 * 1024 * 1024
TOTAL_SECONDS: Final = 60.0


class KeptList(msgspec.Struct, frozen=True, kw_only=True):
    """A list that came ``fetched_at`` (epoch seconds)."""

    vendor: str
    base_url: str
    fetched_at: float
    models: tuple[SuggestedModel, ...]


class ListsUnkept(Exception):
    """Lists cannot be read or written; one sentence."""


class ListKeeper(Protocol):
    """Keeps lists by a digest; its verbs take their time and raise ``ListsUnkept``."""

    def load(self) -> Mapping[str, KeptList]:
        """Every list."""
        ...

    def keep(self, lists: Mapping[str, KeptList]) -> None:
        """These lists and no others."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParts:
    """What asking works with; ``complain`` hears of lists that cannot be kept, ``total_seconds`` bounds one list."""

    transport: Transport
    route_of: Callable[[VendorKey], Route]
    keeper: ListKeeper
    profiles: Profiles
    clock: Clock
    complain: Callable[[str, Exception], None]
    total_seconds: float = TOTAL_SECONDS


class ModelLists:
    """Lists of models; ``load`` comes first."""

    def __init__(self, parts: ListParts) -> None:
        self._parts = parts
        self._lists: dict[str, KeptList] = {}

    async def load(self) -> None:
        """Take in what is kept; what cannot be read counts as nothing."""
        try:
            self._lists = dict(await asyncio.to_thread(self._parts.keeper.load))
        except ListsUnkept as error:
            self._parts.complain("lists of vendors' models", error)

    def known_at(self, vendor: str, base_url: str) -> tuple[SuggestedModel, ...]:
        """The models that keys of this vendor were told at this address within a week, latest list first."""
        there = [each for each in self._lists.values() if (each.vendor, each.base_url) == (vendor, base_url)]
        fresh = sorted(filter(self._is_fresh, there), key=lambda each: -each.fetched_at)
        models = {model.id: model for each in reversed(fresh) for model in each.models}
        return tuple(models.values())

    async def ask(self, key: VendorKey, *, fresh: bool = False) -> tuple[SuggestedModel, ...]:
        """The models that the vendor lists for this key; ``fresh`` asks although they are remembered.

        Raises:
            NoModelList: this vendor tells none.
            VendorRefused: it told none now.
        """
        digest = digest_of(key)
        known = self._lists.get(digest)
        if known is not None and not fresh and self._is_fresh(known):
            return known.models
        models = await self._fetched(key, self._wire_of(key))
        now = self._parts.clock.now()
        kept = KeptList(vendor=key.vendor, base_url=key.base_url, fetched_at=now, models=models)
        self._lists = {name: each for name, each in self._lists.items() if self._is_fresh(each)} | {digest: kept}
        try:
            await asyncio.to_thread(self._parts.keeper.keep, self._lists)
        except ListsUnkept as error:
            self._parts.complain("lists of vendors' models", error)
        return models

    def _is_fresh(self, kept: KeptList) -> bool:
        return self._parts.clock.now() - kept.fetched_at < KEPT_SECONDS

    def _wire_of(self, key: VendorKey) -> WireProfile:
        profile = self._parts.profiles.get(key.vendor)
        wire = None if profile is None else profile.find_wire(key.wire)
        if wire is None or wire.model_list_path is None:
            raise NoModelList(f"{key.vendor} tells no list of its models; name them yourself")
        return wire

    async def _fetched(self, key: VendorKey, wire: WireProfile) -> tuple[SuggestedModel, ...]:
        seconds = self._parts.total_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._all_pages(key, wire)
        except TimeoutError:
            late = Failure(kind=FailureKind.TIMEOUT, message=f"it took longer than {seconds:g} seconds")
            raise VendorRefused(key.called, late) from None

    async def _all_pages(self, key: VendorKey, wire: WireProfile) -> tuple[SuggestedModel, ...]:
        models: dict[str, SuggestedModel] = {}
        query: str | None = first_page(wire.model_list_shape)
        for _ in range(MOST_PAGES):
            page = await self._page(key, wire, query or "")
            models |= {model.id: model for model in page.models}
            query = page.next_page
            if query is None:
                break
        return tuple(models.values())

    async def _page(self, key: VendorKey, wire: WireProfile, query: str) -> ModelPage:
        path = f"{wire.model_list_path}?{query}" if query else wire.model_list_path or ""
        headers = (("accept", "application/json"), *wire.lookup_pairs(key.secret))
        call = UpstreamCall(method="GET", path=path, headers=headers)
        try:
            async with self._parts.transport.open(call, self._parts.route_of(key)) as reply:
                body = await _whole(reply)
                if reply.status != 200:
                    raise VendorRefused(key.called, _failure(key.wire, reply, body))
        except TransportError as error:
            raise VendorRefused(key.called, error.failure) from error
        try:
            return parse_model_list(body, wire.model_list_shape)
        except ListUnreadable as error:
            garbled = Failure(kind=FailureKind.GARBLED, message=f"what it answered is no such list: {error}")
            raise VendorRefused(key.called, garbled) from error


def digest_of(key: VendorKey) -> str:
    """What a list is remembered by: vendor, address, wire and a digest of the key, in one."""
    secret = hashlib.sha256(key.secret.encode()).hexdigest()
    return hashlib.sha256(f"{key.vendor}\n{key.base_url}\n{key.wire}\n{secret}".encode()).hexdigest()


async def _whole(reply: UpstreamReply) -> bytes:
    pieces: list[bytes] = []
    size_bytes = 0
    while size_bytes < MOST_REPLY_BYTES and (piece := await reply.read()):
        pieces.append(piece)
        size_bytes += len(piece)
    return b"".join(pieces)


def _failure(wire: Wire, reply: UpstreamReply, body: bytes) -> Failure:
    match wire:
        case Wire.ANTHROPIC:
            return anthropic.parse_vendor_failure(reply.status, reply.headers, body)
        case Wire.GEMINI:
            return parse_vendor_failure(reply.status, reply.headers, body, gemini.WORDS)
        case Wire.CHAT | Wire.RESPONSES | Wire.CODEX_RESPONSES:
            return parse_vendor_failure(reply.status, reply.headers, body)
