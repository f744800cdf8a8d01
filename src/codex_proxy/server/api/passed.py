"""Endpoints that only clients of the Codex family may ask.

Rules of this file: to everybody else they are not there.
"""

from collections.abc import Callable
from typing import TypeAlias

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.openai_responses.request.body import codex_hints
from codex_proxy.server.incoming import Endpoint, Incoming

EncodeFailure: TypeAlias = Callable[[Failure, str], WireReply]


class CodexClientsOnly:
    """An endpoint behind the question who asks."""

    def __init__(self, endpoint: Endpoint, encode_failure: EncodeFailure) -> None:
        self._endpoint = endpoint
        self._encode_failure = encode_failure

    async def __call__(self, incoming: Incoming) -> None:
        """Answer a Codex client; 404 for others."""
        if codex_hints(incoming.headers) is not None:
            await self._endpoint(incoming)
            return
        failure = Failure(kind=FailureKind.UNKNOWN_PATH, message=f"unknown path {incoming.path}")
        await incoming.reply(self._encode_failure(failure, incoming.request_id))
