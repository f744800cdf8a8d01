"""``POST /v1/responses/compact`` in the server role.

Rules of this file: the request is read like any other, but never streamed; the reply is the upstream's own object,
filled up with the members that typed clients need.  Source: OpenAI API reference, compaction; openai 3.54 for Python.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.openai_responses.usage import build_usage, complete_usage
from codex_proxy.protocols.parts.json_text import encode

_OBJECT: Final = "response.compaction"
_NO_END: Final = "the compaction has no end"


class CompactServer(ResponsesServer):
    """Implements ``ServerCodec`` for compactions; failures are worded as those of answers."""

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``."""
        parsed = super().parse_request(body, headers=headers)
        if not parsed.request.stream:
            return parsed
        note = Note(path="stream", verdict=Verdict.DROPPED, detail="a compaction comes whole")
        whole = msgspec.structs.replace(parsed.request, stream=False)
        return ParsedRequest(request=whole, notes=(*parsed.notes, note))

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``."""
        ending = response.ending
        if isinstance(ending, ev.Failed):
            return self.encode_failure(ending.failure, request_id=ids.request_id, request=request)
        if response.native is None:
            failure = Failure(kind=FailureKind.DISCONNECTED, message=_NO_END)
            return self.encode_failure(failure, request_id=ids.request_id, request=request)
        return WireReply(status=200, body=encode(_completed(response.native, response.usage, ids)))


def _completed(native: JsonObject, usage: Usage | None, ids: AnswerIds) -> JsonObject:
    told = {name: value for name, value in native.items() if value is not None}
    needed: JsonObject = {
        "id": f"resp_{ids.token}",
        "created_at": ids.created_at,
        "object": _OBJECT,
        "usage": build_usage(usage or Usage()),
    }
    complete = needed | told
    return complete | {"usage": complete_usage(complete["usage"])}
