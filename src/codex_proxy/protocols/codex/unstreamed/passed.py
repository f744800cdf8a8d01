"""Calls of a Codex client that are none of ours to understand: its body goes to the backend, the reply comes back.

Rules of this file: identity headers are ours, and no header of the client's leaves; in the body only the model's name
is replaced, where the client calls it otherwise.  The reply is kept as text, usage is read from it where it is JSON.
"""

from collections.abc import Mapping

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import ClientStream, HeaderPairs, ReplyFacts, Unsupported, UpstreamCall
from codex_proxy.protocols.codex.asking.identity import client_headers, credential_headers
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.codex.unstreamed.whole import WholeBody
from codex_proxy.protocols.openai_responses.stream.schema import read_object
from codex_proxy.protocols.openai_responses.unstreamed.passed import PassedRequest
from codex_proxy.protocols.openai_responses.usage import parse_usage
from codex_proxy.protocols.parts.json_text import encode

_PREFIX = "/codex/"


class PassedClient(CodexClient):
    """Implements ``ClientCodec`` for requests that are passed on as they are."""

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """See ``ClientCodec``."""
        if not isinstance(request, PassedRequest):
            raise Unsupported("body", "only a passed request can be passed on")
        members, slug = request.members, target.model.slug
        renamed = bool(request.model) and request.model != slug
        return UpstreamCall(
            method="POST",
            path=_PREFIX + request.endpoint,
            headers=_headers(target),
            body=encode(members | {"model": slug}) if renamed else request.body,
            sent_fields=frozenset(members),
        )

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """See ``ClientCodec``."""
        return WholeBody(lambda body: self.parse_response(call, body))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[ev.Event]:
        """See ``ClientCodec``; the body as one text."""
        text = body.decode("utf-8", "replace")
        usage = parse_usage(read_object(body))
        started = ev.ResponseStarted(response_id="", model="", created_at=0)
        told = (ev.TextDelta(block=0, text=text),) if text else ()
        counted = (ev.UsageReported(usage=usage),) if usage else ()
        block = (ev.TextStarted(block=0), *told, ev.TextEnded(block=0, text=text))
        return [started, *block, *counted, ev.ResponseEnded(ending=ev.Completed())]

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """See ``ClientCodec``; the reply's own content type belongs to its body and is relayed."""
        facts = super().parse_headers(headers)
        media_type = headers.get("content-type")
        return facts if media_type is None else _with_type(facts, media_type)


def _with_type(facts: ReplyFacts, media_type: str) -> ReplyFacts:
    return msgspec.structs.replace(facts, relay=(*facts.relay, ("content-type", media_type)))


def _headers(target: Target) -> HeaderPairs:
    override = target.routing_override
    return (
        ("version", target.client.engine_version),
        *((("x-openai-account-routing-override", override),) if override else ()),
        *credential_headers(target.credential),
        ("content-type", "application/json"),
        *client_headers(target.client),
        ("accept", "*/*"),
    )
