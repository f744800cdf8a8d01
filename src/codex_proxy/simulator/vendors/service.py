"""The vendors of a scenario, each below ``/vendors/{name}/``.

Rules of this file: who is let in, and by what a call is answered: a rule's refusal, raw bytes or break first, then the
endpoint itself.  Everything is in a journal of its own, with keys and bytes.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import AnswerIds, HeaderPairs, InvalidRequest, ServerCodec, WireReply
from codex_proxy.protocols.parts.json_text import decode_object, encode
from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.player import Player, Receive, Send
from codex_proxy.simulator.script import perform
from codex_proxy.simulator.sections.vendors import (
    USUAL_VENDORS,
    RawAnswer,
    RefusalSettings,
    VendorRule,
    VendorSettings,
    Wire,
)
from codex_proxy.simulator.unscripted.answers import usage_of
from codex_proxy.simulator.unscripted.facts import Facts
from codex_proxy.simulator.vendors.answers import Stage, answer, as_rule
from codex_proxy.simulator.vendors.asked import Asked, bare_facts, codec_of, read_asked
from codex_proxy.simulator.vendors.forms import is_form, read_form
from codex_proxy.simulator.vendors.journal import VendorCall, VendorJournal, noting
from codex_proxy.simulator.vendors.lookups import lookup_reply, models_reply
from codex_proxy.simulator.vendors.places import Kind, Place, place_of
from codex_proxy.simulator.vendors.refusals import refusal, shown_key
from codex_proxy.simulator.vendors.sound import speech, transcription

PREFIX: Final = "/vendors/"
_HEARD: Final = frozenset({"audio/transcriptions", "audio/translations"})
_SPOKEN: Final = "audio/speech"
_CONNECTION: Final = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
"""Headers of a recorded answer that belong to its connection."""
_MODELS: Final = "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One call of somebody who was let in; ``codec`` where a model answers."""

    incoming: Incoming
    call: VendorCall
    place: Place
    settings: VendorSettings
    player: Player
    codec: ServerCodec

    @property
    def body(self) -> JsonObject:
        """The decoded body; raises ``InvalidRequest``."""
        return decode_object(self.incoming.raw)


class SimulatedVendors:
    """Answers what is asked below ``PREFIX``; ``vendors`` are those of the scenario, none for the usual ones.

    ``now`` gives epoch seconds.
    """

    def __init__(
        self, *, now: Callable[[], float], vendors: Callable[[], Mapping[str, VendorSettings]], seed: int
    ) -> None:
        self.journal = VendorJournal()
        self._now = now
        self._vendors = vendors
        self._seed = seed

    async def serve(
        self, incoming: Incoming, receive: Receive, send: Send, *, drop: Callable[[], None] | None = None
    ) -> None:
        """Answer one call."""
        name, _, below = incoming.path.removeprefix(PREFIX).partition("/")
        call = self.journal.open(incoming, vendor=name, at=self._now())
        player = Player(call, receive, noting(send, call), drop=drop)
        settings = (self._vendors() or USUAL_VENDORS).get(name)
        if settings is None:
            told = encode({"error": f"no vendor is called {name}"})
            await player.reply(WireReply(status=404, body=told))
            return
        place = place_of(incoming.method, f"/{below}", incoming.query, incoming.headers)
        if place is None or not _speaks(settings, place):
            await player.reply(self._refusal(settings.wires[0], RefusalSettings(status=404), call))
            return
        key = shown_key(place.wire, incoming.headers)
        self.journal.assign(call, key=key, endpoint=place.endpoint)
        if not _lets_in(settings, key):
            await player.reply(self._refusal(place.wire, RefusalSettings(status=401), call))
            return
        codec = codec_of(place, settings)
        visit = Visit(incoming=incoming, call=call, place=place, settings=settings, player=player, codec=codec)
        try:
            await self._answer(visit)
        except InvalidRequest as error:
            failure = codec.encode_failure(error.failure(), request_id=self._request_id(call))
            await player.reply(failure)

    async def _answer(self, visit: Visit) -> None:
        if visit.place.kind is Kind.LOOKUP:
            facts = self._bare_facts(visit)
            rule = visit.settings.rule_for(facts, stream=False, in_words=False)
            if rule is None or not await self._acted_out(rule, facts, visit):
                await self._look_up(visit)
            return
        try:
            asked = self._asked(visit)
        except InvalidRequest:
            facts = self._bare_facts(visit)
            rule = visit.settings.rule_for(facts, stream=False, in_words=visit.place.kind is Kind.WORDS)
            if rule is None or not await self._acted_out(rule, facts, visit):
                raise
            return
        in_words = visit.place.kind is Kind.WORDS
        rule = visit.settings.rule_for(asked.facts, stream=asked.request.stream, in_words=in_words)
        if rule is not None and await self._acted_out(rule, asked.facts, visit):
            return
        if not _has_model(visit.settings, asked.facts.model) and in_words:
            await visit.player.reply(self._refusal(visit.place.wire, RefusalSettings(status=404), visit.call))
            return
        await answer(asked, rule, self._stage(visit, asked.facts), visit.player)

    async def _acted_out(self, rule: VendorRule, facts: Facts, visit: Visit) -> bool:
        """Whether a rule answers by itself, whatever is asked; it has done so then."""
        visit.call.rule = rule.name or "unnamed"
        if rule.steps or not rule.answers:
            return False
        await asyncio.sleep(rule.headers_after_ms / 1000)
        if rule.drop:
            await visit.player.cut()
        elif rule.refusal is not None:
            await visit.player.reply(self._refusal(visit.place.wire, rule.refusal, visit.call))
        elif rule.raw is not None:
            await _relay(rule.raw, visit.player)
        else:
            reply = perform(facts, as_rule(rule), seal=str).reply
            await visit.player.reply(reply or WireReply(status=200, body=b""))
        return True

    async def _look_up(self, visit: Visit) -> None:
        place, player = visit.place, visit.player
        if place.endpoint == _SPOKEN:
            told = speech(visit.body)
            await player.relay(200, told.headers, told.pieces, gap_seconds=0.0)
            await player.end()
            return
        await player.reply(self._looked_up(visit) or self._refusal(place.wire, RefusalSettings(status=404), visit.call))

    def _looked_up(self, visit: Visit) -> WireReply | None:
        place, incoming = visit.place, visit.incoming
        if place.endpoint == _MODELS:
            return models_reply(place, visit.settings, incoming.headers, vendor=visit.call.vendor)
        if place.endpoint in _HEARD:
            if not is_form(incoming):
                raise InvalidRequest("", "expected a form with a file")
            return transcription(read_form(incoming))
        return lookup_reply(place, visit.body)

    def _asked(self, visit: Visit) -> Asked:
        call = visit.call
        asked = read_asked(visit.incoming, visit.place, visit.codec, key=call.key, number=call.account_ordinal)
        call.body = asked.facts.body
        return asked

    def _bare_facts(self, visit: Visit) -> Facts:
        return bare_facts(visit.incoming, visit.place, key=visit.call.key, number=visit.call.account_ordinal)

    def _stage(self, visit: Visit, facts: Facts) -> Stage:
        call, request_id = visit.call, self._request_id(visit.call)
        token = hashlib.sha256(f"{self._seed}/vendors/{call.ordinal}".encode()).hexdigest()[:32]
        return Stage(
            place=visit.place,
            codec=visit.codec,
            ids=AnswerIds(
                token=token,
                created_at=int(self._now()),
                request_id=request_id,
                input_tokens_estimate=usage_of(facts, ()).input_tokens,
            ),
            headers=_request_id_header(visit.place.wire, request_id),
            seal=lambda content: hashlib.sha256(f"{call.vendor}/{call.key}/{content}".encode()).hexdigest(),
        )

    def _refusal(self, wire: Wire, settings: RefusalSettings, call: VendorCall) -> WireReply:
        return refusal(wire, settings, request_id=self._request_id(call))

    def _request_id(self, call: VendorCall) -> str:
        return f"req_{call.vendor}_{call.ordinal}"


async def _relay(raw: RawAnswer, player: Player) -> None:
    headers = tuple((name, value) for name, value in raw.headers.items() if name.lower() not in _CONNECTION)
    await player.relay(raw.status, headers, raw.pieces, gap_seconds=raw.gap_ms / 1000)
    if not raw.cut:
        await player.end()


def _speaks(settings: VendorSettings, place: Place) -> bool:
    """Model lists are everybody's, and OpenAI's other endpoints those of whoever speaks one of its dialects."""
    if place.endpoint == _MODELS or place.wire in settings.wires:
        return True
    return place.wire is Wire.CHAT and place.endpoint != "chat/completions" and Wire.RESPONSES in settings.wires


def _lets_in(settings: VendorSettings, key: str) -> bool:
    if not settings.needs_key:
        return True
    return bool(key) if settings.keys is None else key in settings.keys


def _has_model(settings: VendorSettings, model: str) -> bool:
    return settings.models is None or model in settings.models


def _request_id_header(wire: Wire, request_id: str) -> HeaderPairs:
    if wire in {Wire.CHAT, Wire.RESPONSES}:
        return (("x-request-id", request_id),)
    return ()
