"""Kept pictures: ``GET /images/{name}``, open to all, since nobody can guess a name.

Rules of this file: whatever is not there gets one and the same answer; a browser is told to take the bytes for the
picture they are and to run nothing.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import PictureStore
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.incoming import Incoming

EncodeFailure: TypeAlias = Callable[[Failure, str], WireReply]

PREFIX: Final = "/v1/images/"
"""The canonical spelling of the links' path."""

_READING: Final = frozenset({"GET", "HEAD"})
_NOT_THERE: Final = Failure(kind=FailureKind.UNKNOWN_PATH, message="nothing is here")
_SAFETY: Final = (
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "sandbox"),
    ("cache-control", "private"),
)


class KeptPictureEndpoint:
    """Shows one picture."""

    def __init__(self, pictures: PictureStore, encode_failure: EncodeFailure) -> None:
        self._pictures = pictures
        self._encode_failure = encode_failure

    async def __call__(self, incoming: Incoming) -> None:
        """The picture of this name, or 404."""
        name = incoming.path.removeprefix(PREFIX)
        kept = await self._pictures.find(name) if incoming.method in _READING else None
        if kept is None:
            await incoming.reply(self._encode_failure(_NOT_THERE, incoming.request_id))
            return
        headers = (("content-type", kept.media_type), *_SAFETY)
        await incoming.reply(WireReply(status=200, body=kept.content, headers=headers))
