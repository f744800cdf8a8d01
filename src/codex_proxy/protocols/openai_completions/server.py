"""Text completions in the server role: a client calls us.

Rules of this file: stateless; a whole answer says what the same events say as a stream; a failed one is an HTTP error.
"""

from collections.abc import Mapping

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, Refusal, Text
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.openai_completions.encoder import CompletionEncoder
from codex_proxy.protocols.openai_completions.request import parse_request
from codex_proxy.protocols.openai_completions.schema import choice_object, completion_object
from codex_proxy.protocols.parts.errors.openai_errors import error_reply
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.openai.answers import ending_word, usage_object


class CompletionsServer:
    """Implements ``ServerCodec``."""

    dialect = Dialect.OPENAI_COMPLETIONS

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``."""
        return parse_request(body, headers)

    def open_stream(self, request: Request, ids: AnswerIds) -> CompletionEncoder:
        """See ``ServerCodec``."""
        return CompletionEncoder(request, ids)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``."""
        ending = response.ending
        if ending is None or isinstance(ending, ev.Failed):
            return error_reply(BROKEN_OFF if ending is None else ending.failure)
        blocks = [part.block for part in response.parts]
        text = "".join(block.text for block in blocks if isinstance(block, Text | Refusal))
        body: JsonObject = completion_object(ids, request.model)
        body["choices"] = [choice_object(text, ending_word(ending))]
        if response.usage is not None:
            body["usage"] = usage_object(response.usage)
        return WireReply(status=200, body=encode(body))

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """See ``ServerCodec``."""
        return error_reply(failure)
