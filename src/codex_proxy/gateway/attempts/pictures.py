"""Generated pictures, as a filter on canonical events: pictures that count alone, and pictures that become links.

Rules of this file: one filter for one attempt; where only pictures count, an answer without any is a failure, so that
another account is tried; a picture that cannot be kept stays where it is.  Source: items and endings of the Codex
backend's image tool, whose finished items may still say that they are being generated.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.gateway.ports import PictureStore
from codex_proxy.protocols.base import Step

IMAGE_TOOL: Final = "image_generation"
IMAGE_CALL: Final = "image_generation_call"
LINKS_PATH: Final = "/images/"
"""Where the server shows kept pictures."""

_LINKING: Final = frozenset({Dialect.ANTHROPIC})  # their answers are text, in which a picture's data would drown it
_QUOTED_CHARACTERS: Final = 200


def wants_links(request: Request) -> bool:
    """Whether pictures of the answer are to be links."""
    if request.picture_links:
        return True
    return request.dialect in _LINKING and any(
        isinstance(tool, HostedTool) and tool.kind == IMAGE_TOOL for tool in request.tools
    )


def picture_filter(request: Request, *, store: PictureStore | None, link_base: str) -> "PictureFilter | None":
    """The filter for one attempt at this request, None where none is needed.

    Links need a ``store`` and a ``link_base``, their scheme and authority; without these pictures stay what they are.
    """
    alone = PicturesAlone() if request.pictures_only else None
    links = PictureLinks(store, link_base) if store is not None and link_base and wants_links(request) else None
    return PictureFilter(alone, links) if alone is not None or links is not None else None


class PictureFilter:
    """What one request wants of pictures."""

    def __init__(self, alone: "PicturesAlone | None", links: "PictureLinks | None") -> None:
        self._alone = alone
        self._links = links

    async def apply(self, steps: Sequence[Step]) -> Sequence[Step]:
        """The steps as the client wants them."""
        if self._alone is not None:
            steps = self._alone.apply(steps)
        if self._links is not None:
            steps = await self._links.apply(steps)
        return steps


class PicturesAlone:
    """Leaves pictures and facts of an answer; a call is told once it has something to show."""

    def __init__(self) -> None:
        self._announced: dict[int, ev.HostedStarted] = {}
        self._words: list[str] = []
        self._refused = False
        self._called = False
        self._shown = False

    def apply(self, steps: Sequence[Step]) -> list[Step]:
        """The steps with nothing but pictures in them."""
        events = tuple(told for step in steps for event in step.events for told in self._told(event))
        return [Step(None, events)] if events else []

    def _told(self, event: ev.Event) -> Iterator[ev.Event]:
        match event:
            case ev.HostedStarted(kind=kind) if kind == IMAGE_CALL:
                self._called = True
                self._announced[event.block] = event
            case ev.ImagePartial():
                yield from self._start(event.block)
                yield event
            case ev.HostedEnded(kind=kind) if kind == IMAGE_CALL and picture_of(event.item) is not None:
                self._shown = True
                yield from self._start(event.block)
                yield event
            case ev.ResponseStarted() | ev.UsageReported() | ev.RateLimitsObserved():
                yield event
            case ev.ResponseEnded():
                yield event if self._shown else self._without_picture(event)
            case ev.TextEnded() | ev.RefusalEnded():
                self._refused = self._refused or isinstance(event, ev.RefusalEnded)
                self._words.append(event.text)

    def _start(self, block: int) -> Iterator[ev.Event]:
        announced = self._announced.pop(block, None)
        if announced is not None:
            yield announced

    def _without_picture(self, event: ev.ResponseEnded) -> ev.ResponseEnded:
        ending = event.ending
        if isinstance(ending, ev.Failed):
            return event
        return msgspec.structs.replace(event, ending=ev.Failed(failure=self._failure(ending)), native=None)

    def _failure(self, ending: ev.Completed | ev.Incomplete) -> Failure:
        said = " ".join("".join(self._words).split())[:_QUOTED_CHARACTERS]
        words = f": {said}" if said else ""
        if self._refused or (isinstance(ending, ev.Incomplete) and ending.reason == "content_filter"):
            return Failure(kind=FailureKind.POLICY, message=f"the upstream refused to make this picture{words}")
        if self._called or not said:
            return Failure(kind=FailureKind.EMPTY_ANSWER, message=f"the upstream made no picture{words}")
        return Failure(
            kind=FailureKind.IMAGE_UNAVAILABLE,
            message=f"the model answered in words; the account's plan may lack image generation{words}",
        )


class PictureLinks:
    """Puts finished pictures into a store and their links into the answer."""

    def __init__(self, store: PictureStore, link_base: str) -> None:
        self._store = store
        self._base = link_base
        self._changed = False

    async def apply(self, steps: Sequence[Step]) -> list[Step]:
        """The steps with links instead of pictures; a step that was changed loses its raw frame."""
        return [await self._linked(step) for step in steps]

    async def _linked(self, step: Step) -> Step:
        events = tuple([await self._event(event) for event in step.events])
        changed = any(told is not event for told, event in zip(events, step.events, strict=True))
        return Step(None, events) if changed else step

    async def _event(self, event: ev.Event) -> ev.Event:
        match event:
            case ev.HostedEnded(kind=kind) if kind == IMAGE_CALL:
                return await self._picture(event)
            case ev.ResponseEnded() if self._changed:
                return msgspec.structs.replace(event, native=None)
        return event

    async def _picture(self, event: ev.HostedEnded) -> ev.HostedEnded:
        data = picture_of(event.item)
        name = await self._store.keep(data) if data is not None else None
        if name is None:
            return event
        self._changed = True
        kept = {member: value for member, value in event.item.items() if member != "result"}
        return msgspec.structs.replace(event, item=kept | {"url": f"{self._base}{LINKS_PATH}{name}"})


def picture_of(item: JsonObject) -> str | None:
    """The base64 of a finished picture, None without one."""
    result = item.get("result")
    return result if isinstance(result, str) and result else None
