"""What the gateway needs of whoever fetches files that are given by link."""

from typing import Protocol

import msgspec


class LinkedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched picture or PDF; ``media_type`` is what its bytes prove."""

    content: bytes
    media_type: str


class NotFetched(Exception):
    """The file cannot be had; a clause that says why, to be shown to the client."""


class LinkFetcher(Protocol):
    """Fetches what links lead to."""

    async def fetch(self, url: str) -> LinkedFile:
        """The picture or PDF behind this link.

        Raises:
            NotFetched: the link may not be followed, or what is there is not to be had or no such file.
        """
        ...
