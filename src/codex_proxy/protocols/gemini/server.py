"""Gemini in the server role: a client calls us.

Rules of this file: stateless; model, verb and form of the stream come by the constructor, since they stand in the path
and the query; a codec is made for each request and costs nothing.  A whole answer says what the same events say as a
stream; a failed one is an HTTP error.
"""

from collections.abc import Mapping

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, client_status
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.gemini.answer.encoder import GeminiEncoder
from codex_proxy.protocols.gemini.answer.finish import blocked_prompt, is_blocked
from codex_proxy.protocols.gemini.answer.framing import JSON, Framing, framing
from codex_proxy.protocols.gemini.answer.whole import whole_answer
from codex_proxy.protocols.gemini.errors import error_headers, error_object
from codex_proxy.protocols.gemini.request.body import parse_request
from codex_proxy.protocols.gemini.schema import GeminiRequest, ReplyForm, Verb
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode


class GeminiServer:
    """The dialect's verbs for the server role.

    ``sse`` is the client's ``alt=sse``; verbs other than ``STREAM`` know no streams and ignore it.
    """

    def __init__(self, *, model: str = "", verb: Verb = Verb.GENERATE, sse: bool = True) -> None:
        self._model = model
        self._verb = verb
        self._sse = sse

    @property
    def dialect(self) -> Dialect:
        return Dialect.GEMINI

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """The client's body; raises ``InvalidRequest``."""
        parsed = parse_request(body, headers, model=self._model, verb=self._verb)
        framed = self._sse or self._verb is not Verb.STREAM  # vendors are asked for events, never for an array
        return parsed if framed else msgspec.structs.replace(parsed, passable=False)

    def open_stream(self, request: Request, ids: AnswerIds) -> GeminiEncoder:
        """An encoder for the answer to this request."""
        return GeminiEncoder(response_id=ids.token, model=request.model, framing=self._framing(), form=_form(request))

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """The whole answer."""
        if response.ending is None:
            return self.encode_failure(BROKEN_OFF, request_id=ids.request_id, request=request)
        if isinstance(response.ending, ev.Failed):
            return self.encode_failure(response.ending.failure, request_id=ids.request_id, request=request)
        shared: JsonObject = {"modelVersion": request.model, "responseId": ids.token}
        body = whole_answer(response, response.ending, form=_form(request), shared=shared)
        return WireReply(status=200, body=encode(body))

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """A failure before the stream began; a prompt refused by policy is an answer without candidates."""
        if request is not None and is_blocked(failure):
            told: JsonObject = {"promptFeedback": blocked_prompt(failure), "modelVersion": request.model}
            return self._reply(200, told, ())
        return self._reply(
            client_status(failure), {"error": error_object(failure)}, error_headers(failure), failed=True
        )

    def encode_count(self, total_tokens: int) -> WireReply:
        """The answer to ``countTokens``."""
        details = [{"modality": "TEXT", "tokenCount": total_tokens}]
        return WireReply(status=200, body=encode({"totalTokens": total_tokens, "promptTokensDetails": details}))

    def _framing(self) -> Framing:
        return framing(sse=self._sse)

    def _reply(
        self, status: int, told: JsonObject, headers: tuple[tuple[str, str], ...], *, failed: bool = False
    ) -> WireReply:
        """One object in the form of the answer it stands for; an error is JSON whatever was asked for."""
        if self._verb is not Verb.STREAM or (failed and self._sse):
            return WireReply(status=status, body=encode(told), headers=headers or (("content-type", JSON),))
        frames = self._framing()
        body = frames.chunk(encode(told)) + frames.close()
        return WireReply(status=status, body=body, headers=headers or (("content-type", frames.content_type),))


def _form(request: Request) -> ReplyForm:
    return request.form if isinstance(request, GeminiRequest) else ReplyForm()
