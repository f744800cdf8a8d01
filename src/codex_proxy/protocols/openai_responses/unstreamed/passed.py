"""Endpoints that only Codex clients ask, passed to the backend as they are.

Rules of this file: the endpoints are a list and everything else is refused; of a body only the model is looked at, to
choose an account by.  Source: paths that Codex CLI asks below its base URL.
"""

from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, Text
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request, SessionHints
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.openai_responses.request.body import codex_hints
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.parts.json_text import decode_object
from codex_proxy.protocols.parts.session_hints import conversation_id

PASSED_ENDPOINTS: Final = ("alpha/search", "memories/trace_summarize")
"""Paths below the base URL, ours and the backend's alike."""


class PassedRequest(Request, frozen=True, kw_only=True):
    """A request of which nothing is translated: ``body`` as it came, ``members`` of the same."""

    endpoint: str
    body: bytes
    members: JsonObject


class PassedServer(ResponsesServer):
    """Implements ``ServerCodec`` for one passed endpoint; failures are worded as those of answers."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``; raises where the body is no JSON object."""
        members = decode_object(body)
        model = members.get("model")
        request = PassedRequest(
            dialect=Dialect.OPENAI_RESPONSES,
            model=model if isinstance(model, str) else "",
            turns=(),
            session=SessionHints(conversation_id=conversation_id(headers), codex=codex_hints(headers)),
            endpoint=self._endpoint,
            body=body,
            members=members,
        )
        return ParsedRequest(request=request)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``; the text of the answer is the reply's body."""
        if isinstance(response.ending, ev.Failed):
            return self.encode_failure(response.ending.failure, request_id=ids.request_id, request=request)
        text = "".join(part.block.text for part in response.parts if isinstance(part.block, Text))
        return WireReply(status=200, body=text.encode())
