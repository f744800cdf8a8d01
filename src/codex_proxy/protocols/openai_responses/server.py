"""The Responses dialect in the server role."""

from collections.abc import Mapping

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, ServerStream, WireReply
from codex_proxy.protocols.openai_responses.failures import codex_limit_body
from codex_proxy.protocols.openai_responses.request.body import parse_request_body
from codex_proxy.protocols.openai_responses.stream import envelope
from codex_proxy.protocols.openai_responses.stream.encoder import ResponsesEncoder
from codex_proxy.protocols.openai_responses.stream.replay import events_of
from codex_proxy.protocols.openai_responses.stream.synthesis import Synthesis
from codex_proxy.protocols.parts.errors.openai_errors import error_reply


class ResponsesServer:
    """Implements ``ServerCodec``."""

    dialect = Dialect.OPENAI_RESPONSES

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``."""
        return parse_request_body(body, headers=headers)

    def open_stream(self, request: Request, ids: AnswerIds) -> ServerStream:
        """See ``ServerCodec``."""
        return ResponsesEncoder(request, ids)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``; an incomplete answer is a 200, a failed one an HTTP error."""
        ending = response.ending
        if isinstance(ending, ev.Failed):
            return self.encode_failure(ending.failure, request_id=ids.request_id, request=request)
        if ending is None:
            failure = Failure(kind=FailureKind.DISCONNECTED, message="the answer has no end")
            return self.encode_failure(failure, request_id=ids.request_id)
        head = envelope.Head(
            response_id=response.response_id or f"resp_{ids.token}",
            model=request.model,
            created_at=response.created_at or ids.created_at,
        )
        if response.native is not None:
            body = envelope.relayed(response.native, request, head)
        else:
            end = ev.ResponseEnded(ending=ending, service_tier=response.service_tier, end_turn=response.end_turn)
            body = envelope.closing(request, head, end, _told(response, ids))
        return WireReply(status=200, body=msgspec.json.encode(body))

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """See ``ServerCodec``; a Codex client shows its own limit screen for the backend's own body."""
        codex = request is not None and request.is_codex_client
        return error_reply(failure, codex_limit_body(failure) if codex else None)


def _told(response: Response, ids: AnswerIds) -> envelope.Told:
    synthesis = Synthesis(token=ids.token)
    for event in events_of(response):
        for _ in synthesis.events_of(event):
            pass
    for _ in synthesis.close():
        pass
    return envelope.Told(output=synthesis.output(), usage=response.usage)
