"""Pictures and documents given by link, put into the request itself before any account is asked.

Rules of this file: each link is fetched once, a few at a time; one that cannot be had is the client's error, since the
model would answer without what was shown to it.  Links that are not http or https are left to the dialects.
"""

import asyncio
import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from codex_proxy.canonical.blocks import Block, DataSource, File, Image, ResultPart, ToolResult, UrlSource
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Request, Turn
from codex_proxy.gateway.links.fetching import LinkFetcher, NotFetched
from codex_proxy.gateway.prepare import Prepared

MAX_LINKS: Final = 64
MAX_TOTAL_BYTES: Final = 64 * 1024 * 1024
FETCHES_AT_ONCE: Final = 4
_SCHEMES: Final = ("http://", "https://")
_FILENAME: Final = "document.pdf"  # an inline file needs a name

_B = TypeVar("_B", Block, ResultPart)


async def with_linked_files(prepared: Prepared, fetcher: LinkFetcher | None) -> Prepared | Failure:
    """The same with its links followed; as it is without a ``fetcher``."""
    request = prepared.request
    links = tuple(dict.fromkeys(_links(request))) if fetcher is not None else ()
    if fetcher is None or not links:
        return prepared
    if len(links) > MAX_LINKS:
        return _refused(f"the request links {len(links)} files; at most {MAX_LINKS} are fetched")
    try:
        sources = await _Fetching(fetcher).all(links)
        turns = tuple(_inlined_turn(turn, sources) for turn in request.turns)
    except NotFetched as error:
        return _refused(str(error))
    return msgspec.structs.replace(prepared, request=msgspec.structs.replace(request, turns=turns))


def _refused(message: str) -> Failure:
    return Failure(kind=FailureKind.INVALID_REQUEST, message=message, code="invalid_image_url")


class _Fetching:
    """The fetches of one request."""

    def __init__(self, fetcher: LinkFetcher) -> None:
        self._fetcher = fetcher
        self._slots = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._total_bytes = 0

    async def all(self, links: Sequence[str]) -> dict[str, DataSource]:
        """The files by link; raises ``NotFetched`` for the first that cannot be had, and gives up the others."""
        refusal: NotFetched | None = None
        fetches: dict[str, asyncio.Task[DataSource]] = {}
        try:
            async with asyncio.TaskGroup() as tasks:
                fetches = {link: tasks.create_task(self._one(link)) for link in links}
        except* NotFetched as refused:
            refusal = NotFetched(str(refused.exceptions[0]))
        if refusal is not None:
            raise refusal
        return {link: fetch.result() for link, fetch in fetches.items()}

    async def _one(self, link: str) -> DataSource:
        async with self._slots:
            try:
                file = await self._fetcher.fetch(link)
            except NotFetched as error:
                raise NotFetched(f"{_named(link)} cannot be fetched: {error}") from None
        self._total_bytes += len(file.content)
        if self._total_bytes > MAX_TOTAL_BYTES:
            raise NotFetched(f"the files that the request links have more than {MAX_TOTAL_BYTES} bytes")
        data = await asyncio.to_thread(base64.b64encode, file.content)
        return DataSource(media_type=file.media_type, data=data.decode())


def _named(link: str) -> str:
    """A link as it may be shown: what follows the host can be as good as a key."""
    return f"the file linked at {urlsplit(link).netloc.rpartition('@')[2]}"


def _links(request: Request) -> Iterator[str]:
    blocks = [block for turn in request.turns for block in turn.blocks]
    parts = (part for block in blocks for part in (block.parts if isinstance(block, ToolResult) else (block,)))
    yield from filter(None, map(_link_of, parts))


def _link_of(block: Block | ResultPart) -> str | None:
    if not isinstance(block, Image | File) or not isinstance(block.source, UrlSource):
        return None
    url = block.source.url
    return url if url.lower().startswith(_SCHEMES) else None


def _inlined_turn(turn: Turn, sources: Mapping[str, DataSource]) -> Turn:
    blocks = tuple(_inlined_block(block, sources) for block in turn.blocks)
    return msgspec.structs.replace(turn, blocks=blocks)


def _inlined_block(block: Block, sources: Mapping[str, DataSource]) -> Block:
    if isinstance(block, ToolResult):
        return msgspec.structs.replace(block, parts=tuple(_inlined(part, sources) for part in block.parts))
    return _inlined(block, sources)


def _inlined(block: _B, sources: Mapping[str, DataSource]) -> _B:
    link = _link_of(block)
    if link is None:
        return block
    source = sources[link]
    if isinstance(block, Image):
        if not source.media_type.startswith("image/"):
            raise NotFetched(f"{_named(link)} is no picture but {source.media_type}")
        return msgspec.structs.replace(block, source=source)
    if isinstance(block, File):
        return msgspec.structs.replace(block, source=source, filename=block.filename or _FILENAME)
    return block
