"""One attempt: one call with one credential, from its lease to its outcome.

Rules of this file: whoever ran the attempt gives the lease back after having told what came of it, so that nobody is
handed a slot of an account that has just refused; only an attempt that ends in an exception gives it back here.
Leaving early cancels the upstream once its headers are in.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.attempts.passing import comes_whole, pass_on, take_whole
from codex_proxy.gateway.attempts.plan import AttemptPlan
from codex_proxy.gateway.ports import Transport, TransportError, UpstreamReply
from codex_proxy.protocols.base import ReplyFacts, Step, UpstreamError

MakeDelivery = Callable[[ReplyFacts], Delivery]

_ERROR_BODY_BYTES: Final = 1024 * 1024


class AttemptRunner:
    """Runs attempts over one transport.

    ``redact`` gives a failure's message without secrets: an upstream may tell in it what it was shown.
    """

    def __init__(
        self, *, transport: Transport, orphans: Orphanage, redact: Callable[[str], str] = lambda text: text
    ) -> None:
        self._transport = transport
        self._orphans = orphans
        self._redact = redact

    async def run(self, plan: AttemptPlan, make_delivery: MakeDelivery) -> tuple[Failure | None, Delivery | None]:
        """The failure, if it failed, and the delivery, if headers came; the lease is still held then.

        It is not where this raises: given back, or the orphanage's.
        """
        context = self._transport.open(plan.call, plan.route)
        opening: asyncio.Task[UpstreamReply] = asyncio.ensure_future(  # noqa: TID251 - owned below, or by the orphanage
            context.__aenter__()
        )
        try:
            reply = await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._orphans.adopt(opening, context, plan.lease)
            raise
        except TransportError as error:
            return error.failure, None
        except BaseException:
            plan.lease.release()
            raise
        told = msgspec.structs.replace(plan.call.context, relays=plan.relays)
        plan.call = msgspec.structs.replace(plan.call, headers=(), body=b"", context=told)
        try:
            try:
                return await self._read(plan, reply, make_delivery)
            finally:
                await context.__aexit__(None, None, None)
        except BaseException:
            plan.lease.release()
            raise

    async def _read(
        self, plan: AttemptPlan, reply: UpstreamReply, make_delivery: MakeDelivery
    ) -> tuple[Failure | None, Delivery | None]:
        facts = plan.codec.parse_headers(reply.headers)
        for snapshot in facts.rate_limits:
            plan.observe_limits(snapshot)
        if not 200 <= reply.status < 300:
            body = await _read_error(reply)
            return self._clean(plan.codec.parse_failure(reply.status, reply.headers, body)), None
        delivery = make_delivery(facts)
        failure = self._clean(await _relay(plan, reply, delivery))
        if failure is None:
            failure = self._clean(delivery.failure())
            if failure is None and (held := delivery.hand_over()):
                await plan.deliver(held)  # held until now: a whole answer, or one without content
            return failure, delivery
        if delivery.committed:
            await plan.deliver(delivery.take([Step(None, (ev.ResponseEnded(ending=ev.Failed(failure=failure)),))]))
        return failure, delivery

    def _clean(self, failure: Failure | None) -> Failure | None:
        if failure is None or (message := self._redact(failure.message)) == failure.message:
            return failure
        return msgspec.structs.replace(failure, message=message)


async def _relay(plan: AttemptPlan, reply: UpstreamReply, delivery: Delivery) -> Failure | None:
    try:
        if comes_whole(plan.is_whole, reply.headers):
            await take_whole(plan, reply, delivery)
        elif plan.passes and not plan.is_whole:
            await pass_on(plan, reply, delivery)
        else:
            await _tell(plan, reply, delivery)
    except (TransportError, UpstreamError) as error:
        return error.failure
    return None


async def _tell(plan: AttemptPlan, reply: UpstreamReply, delivery: Delivery) -> None:
    """Hand the answer on in canonical terms, as far as each piece of the stream completes it."""
    stream = plan.codec.open_stream(plan.call)
    stop, pictures = plan.stop, plan.pictures
    deliver, take, read = plan.deliver, delivery.take, reply.read
    while delivery.end is None:
        chunk = await read()
        steps: Sequence[Step] = stream.feed(chunk) if chunk else stream.end()
        if stop is not None:
            steps = stop.apply(steps)
        if pictures is not None:
            steps = await pictures.apply(steps)
        if ready := take(steps):
            await deliver(ready)
        if not chunk:
            break
        del chunk, steps, ready  # nothing of a piece is kept while the next one is waited for


async def _read_error(reply: UpstreamReply) -> bytes:
    pieces: list[bytes] = []
    size_bytes = 0
    try:
        while size_bytes < _ERROR_BODY_BYTES and (piece := await reply.read()):
            pieces.append(piece)
            size_bytes += len(piece)
    except TransportError:
        pass  # the status is known; what arrived of the body is enough to classify it
    return b"".join(pieces)
