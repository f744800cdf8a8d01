"""The chat path for clients that send a Responses body there (Cursor does): parsed by one dialect, answered by another.

Rules of this file: dialects do not know each other; this is the one place where two of them meet.
"""

from collections.abc import Callable, Mapping

import msgspec

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, InvalidRequest, ParsedRequest, ServerStream, WireReply
from codex_proxy.protocols.openai_chat.request import looks_like_responses
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.parts.json_text import decode_object


class ChatOrResponses:
    """A ``ServerCodec`` that answers in the chat dialect whichever of the two bodies comes.

    ``chat`` gives that dialect as it is to be spoken now.
    """

    dialect = Dialect.OPENAI_CHAT

    def __init__(self, chat: Callable[[], ChatServer], responses: ResponsesServer) -> None:
        self._chat = chat
        self._responses = responses

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``."""
        if b'"input"' not in body or not _is_responses_body(body):
            return self._chat().parse_request(body, headers=headers)
        parsed = self._responses.parse_request(body, headers=headers)
        adopted = self._chat().adopt(parsed.request, headers=headers)
        return msgspec.structs.replace(parsed, request=adopted, passable=False)

    def open_stream(self, request: Request, ids: AnswerIds) -> ServerStream:
        """See ``ServerCodec``."""
        return self._chat().open_stream(request, ids)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``."""
        return self._chat().encode_response(request, response, ids)

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """See ``ServerCodec``."""
        return self._chat().encode_failure(failure, request_id=request_id)


def _is_responses_body(body: bytes) -> bool:
    try:
        return looks_like_responses(decode_object(body))
    except InvalidRequest:
        return False
