"""``GET /v1/sub-key/info``: what a handed-out key is told of itself.

Source: spec, accounts, 7.3.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.api.inference import FailureEncoder
from codex_proxy.server.incoming import Incoming

OWN_TERMS: Final = "/v1/sub-key/info"

TellOwn: TypeAlias = Callable[[str], Awaitable[Any]]
"""What a key, named by its row id, is told of itself, as a struct; None where it was not handed out."""

_NOT_HANDED_OUT = Failure(
    kind=FailureKind.UNKNOWN_PATH, message="this key has no terms of its own: it was not handed out as a client key"
)
_NOT_NOW = Failure(kind=FailureKind.BUSY, message="what this key used cannot be looked up now", retry_after_seconds=5)


class OwnTermsEndpoint:
    """Says what a key may use and has used."""

    def __init__(self, tell: TellOwn, encode_failure: FailureEncoder) -> None:
        self._tell = tell
        self._encode_failure = encode_failure

    async def __call__(self, incoming: Incoming) -> None:
        """The terms as JSON."""
        try:
            told = await self._tell(incoming.key_id)
        except StoreUnusable:
            await incoming.reply(self._encode_failure(_NOT_NOW, incoming.request_id))
            return
        if told is None:
            await incoming.reply(self._encode_failure(_NOT_HANDED_OUT, incoming.request_id))
            return
        await incoming.reply(
            WireReply(status=200, body=msgspec.json.encode(told), headers=(("cache-control", "no-store"),))
        )
