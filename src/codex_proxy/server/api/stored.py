"""Responses that a client asks for again, and WebSocket handshakes: refused in words that clients act on.

Rules of this file: answers are not stored, so an id is never found; a Codex client that is refused the upgrade with
426 goes on over HTTP at once and says nothing.  Source: measured with Codex CLI 0.169.
"""

from collections.abc import Callable
from typing import TypeAlias

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.incoming import Incoming

EncodeFailure: TypeAlias = Callable[[Failure, str], WireReply]

_UPGRADE_REQUIRED = 426


class StoredResponseEndpoint:
    """``/v1/responses/{id}`` and what is below it."""

    def __init__(self, encode_failure: EncodeFailure) -> None:
        self._encode_failure = encode_failure

    async def __call__(self, incoming: Incoming) -> None:
        """Not found, naming the id."""
        response_id = incoming.path.removeprefix("/v1/responses/").partition("/")[0]
        failure = Failure(
            kind=FailureKind.PREVIOUS_RESPONSE_NOT_FOUND,
            message=f"Response with id {response_id!r} not found; answers are not stored.",
            code="response_not_found",
            param="response_id",
            status=404,
        )
        reply = self._encode_failure(failure, incoming.request_id)
        await incoming.reply(WireReply(status=404, body=reply.body, headers=reply.headers))


class UpgradeEndpoint:
    """``GET /v1/responses``, which is how a WebSocket begins."""

    def __init__(self, encode_failure: EncodeFailure) -> None:
        self._encode_failure = encode_failure

    async def __call__(self, incoming: Incoming) -> None:
        """426: ask again over HTTP."""
        failure = Failure(
            kind=FailureKind.METHOD_NOT_ALLOWED, message="responses are asked for with POST; WebSocket is not offered"
        )
        reply = self._encode_failure(failure, incoming.request_id)
        status = _UPGRADE_REQUIRED if incoming.headers.get("upgrade", "").lower() == "websocket" else reply.status
        await incoming.reply(WireReply(status=status, body=reply.body, headers=reply.headers))
