"""Anthropic Messages in the server role: a client calls us.

Rules of this file: stateless; options come by the constructor.  A whole answer says what the same events say as a
stream; a failed one is an HTTP error.
"""

from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.anthropic.errors import WindowOf, error_reply, request_id_header
from codex_proxy.protocols.anthropic.request.body import parse_request
from codex_proxy.protocols.anthropic.stream.encoder import ID_PREFIX, AnthropicEncoder
from codex_proxy.protocols.anthropic.stream.whole import message_object
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode

_JSON: Final = ("content-type", "application/json")


class AnthropicServer:
    """The dialect's verbs for the server role.

    ``window_of`` tells a model's context window, for the words of a prompt that is too long.
    """

    def __init__(self, *, window_of: WindowOf | None = None) -> None:
        self._window_of = window_of

    @property
    def dialect(self) -> Dialect:
        return Dialect.ANTHROPIC

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """The client's body; raises ``InvalidRequest``."""
        return parse_request(body, headers)

    def open_stream(self, request: Request, ids: AnswerIds) -> AnthropicEncoder:
        """An encoder for the answer."""
        return AnthropicEncoder(request, ids, window_of=self._window_of)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """The whole answer as one ``message``; a failed ending becomes an HTTP error."""
        ending = response.ending
        if ending is None or isinstance(ending, ev.Failed):
            failure = BROKEN_OFF if ending is None else ending.failure
            return self.encode_failure(failure, request_id=ids.request_id, request=request)
        message = message_object(request, response, ending, ID_PREFIX + ids.token)
        return WireReply(status=200, body=encode(message), headers=(_JSON, *request_id_header(ids.request_id)))

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """A failure before the stream began."""
        return error_reply(failure, request_id, request, self._window_of)
