"""Several answers to one request: exchanges side by side, told as one.

Rules of this file: all or nothing; the first failure ends the others.  Only whole answers are copied, since events of
streams that run side by side could not be told apart.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.gateway.exchange import Answering, ExchangeInput
from codex_proxy.gateway.ports import Accepted, Responder
from codex_proxy.protocols.base import AnyStep, Step

_ENVELOPE: Final = (ev.ResponseStarted, ev.UsageReported, ev.ResponseEnded)
_BLOCKLESS: Final = (*_ENVELOPE, ev.RateLimitsObserved, ev.OpaqueEvent)


class Copies:
    """Implements ``Answering`` around another: as many exchanges as the request wants choices."""

    def __init__(self, one: Answering) -> None:
        self._one = one

    def passes(self, exchange: ExchangeInput) -> bool:
        """See ``Answering``."""
        return self._one.passes(exchange)

    async def run(self, exchange: ExchangeInput, responder: Responder) -> Failure | None:
        """Answer through ``responder``; the failure if any of the copies failed."""
        count = exchange.request.sampling.choice_count or 1
        if count == 1 or exchange.request.stream or self._one.passes(exchange):
            return await self._one.run(_single(exchange, exchange.request_id), responder)
        takers = [_Taker() for _ in range(count)]
        try:
            async with asyncio.TaskGroup() as tasks:
                for number, taker in enumerate(takers, start=1):
                    tasks.create_task(self._run_one(_single(exchange, f"{exchange.request_id}-{number}"), taker))
        except* _CopyFailed:
            pass  # the takers know why
        failed = next((taker.failure for taker in takers if taker.failure is not None), None)
        if failed is not None:
            return failed
        accepted = takers[0].facts
        if accepted is not None:
            responder.accepted(accepted)
        await responder.deliver([Step(None, tuple(joined([taker.events for taker in takers])))])
        return None

    async def _run_one(self, exchange: ExchangeInput, taker: "_Taker") -> None:
        taker.failure = await self._one.run(exchange, taker) or _told_failure(taker.events)
        if taker.failure is not None:
            raise _CopyFailed


class _CopyFailed(Exception):
    """Ends the other copies."""


class _Taker:
    """A responder that keeps one answer."""

    def __init__(self) -> None:
        self.facts: Accepted | None = None
        self.failure: Failure | None = None
        self.events: list[ev.Event] = []

    def accepted(self, accepted: Accepted) -> None:
        self.facts = accepted

    async def deliver(self, steps: Sequence[AnyStep]) -> None:
        self.events += [event for step in steps for event in step.events]


def joined(answers: Sequence[Sequence[ev.Event]]) -> Iterator[ev.Event]:
    """Whole answers as one: blocks in a row, usage added up, the start of the first and the end of the last."""
    told = [event for answer in answers for event in answer]
    yield from [event for event in told if isinstance(event, ev.ResponseStarted)][:1]
    blocks_count = 0
    for answer in answers:
        content = [event for event in answer if not isinstance(event, _ENVELOPE)]
        yield from (_moved(event, blocks_count) for event in content)
        blocks_count += 1 + max((_block(event) for event in content), default=-1)
    usages = [event.usage for event in told if isinstance(event, ev.UsageReported)]
    if usages:
        yield ev.UsageReported(usage=added(usages))
    for event in [event for event in told if isinstance(event, ev.ResponseEnded)][-1:]:
        yield msgspec.structs.replace(event, native=None)


def added(usages: Sequence[Usage]) -> Usage:
    """Token counts of several answers in sum."""
    images = [usage.image for usage in usages if usage.image is not None]
    writes = [usage.cache_write_tokens for usage in usages if usage.cache_write_tokens is not None]
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        cache_write_tokens=sum(writes) if writes else None,
        output_tokens=sum(usage.output_tokens for usage in usages),
        reasoning_tokens=sum(usage.reasoning_tokens for usage in usages),
        image=_added_images(images) if images else None,
        estimated=any(usage.estimated for usage in usages),
    )


def _added_images(images: Sequence[ImageUsage]) -> ImageUsage:
    return ImageUsage(
        input_tokens=sum(image.input_tokens for image in images),
        text_input_tokens=sum(image.text_input_tokens for image in images),
        image_input_tokens=sum(image.image_input_tokens for image in images),
        output_tokens=sum(image.output_tokens for image in images),
        total_tokens=sum(image.total_tokens for image in images),
    )


def _block(event: ev.Event) -> int:
    return -1 if isinstance(event, _BLOCKLESS) else event.block


def _moved(event: ev.Event, offset: int) -> ev.Event:
    if isinstance(event, _BLOCKLESS):
        return event
    return msgspec.structs.replace(event, block=offset + event.block)


def _single(exchange: ExchangeInput, request_id: str) -> ExchangeInput:
    request = exchange.request
    sampling = msgspec.structs.replace(request.sampling, choice_count=None)
    return msgspec.structs.replace(
        exchange, request=msgspec.structs.replace(request, sampling=sampling), request_id=request_id
    )


def _told_failure(events: Sequence[ev.Event]) -> Failure | None:
    ended = events[-1] if events else None
    return ended.ending.failure if isinstance(ended, ev.ResponseEnded) and isinstance(ended.ending, ev.Failed) else None
