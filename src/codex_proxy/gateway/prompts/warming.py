"""Requests for no token at all, by which a client wants a prompt cached before it asks its first question.

Rules of this file: answered here, since the upstream caches by itself and has no such request; an empty answer that
met its limit at once.  What cannot be asked, such as an unknown model, is refused as ever.  Source: Anthropic API
reference, ``max_tokens: 0``.
"""

from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.exchange import ExchangeInput, Gateway
from codex_proxy.gateway.ports import Accepted, Responder
from codex_proxy.protocols.base import Step

NOT_ASKED: Final = Note(
    path="max_tokens", verdict=Verdict.EMULATED, detail="nothing was sent; the upstream caches prompts by itself"
)


class Warming:
    """Implements ``Answering`` around a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def passes(self, exchange: ExchangeInput) -> bool:
        """See ``Answering``."""
        return self._gateway.passes(exchange)

    async def run(self, exchange: ExchangeInput, responder: Responder) -> Failure | None:
        """Answer through ``responder``; the failure if nothing at all was delivered."""
        if exchange.request.sampling.max_tokens != 0 or self.passes(exchange):
            return await self._gateway.run(exchange, responder)
        prepared = self._gateway.prepare(exchange)
        if isinstance(prepared, Failure):
            return prepared
        model = prepared.model.slug
        responder.accepted(Accepted(model=model, account_row_id=None, notes=(*prepared.notes, NOT_ASKED)))
        await responder.deliver([Step(None, _empty_answer(model))])
        return None


def _empty_answer(model: str) -> tuple[ev.Event, ...]:
    """No content and no tokens: none were used."""
    return (
        ev.ResponseStarted(response_id="", model=model, created_at=0),
        ev.UsageReported(usage=Usage()),
        ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens")),
    )
