"""The Codex backend in the client role: we call it as its own client does."""

from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.events import Event, RateLimitsObserved
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import ClientStream, ReplyFacts, UpstreamCall
from codex_proxy.protocols.codex.asking.call import build_call
from codex_proxy.protocols.codex.asking.lite import LiteContext
from codex_proxy.protocols.codex.failures import parse_failure
from codex_proxy.protocols.codex.lite_answers import LiteDecoder
from codex_proxy.protocols.codex.rate_limits import parse_rate_event, parse_rate_headers
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder, decode_whole
from codex_proxy.protocols.parts.answers.rewriting import rewritten, rewritten_stream

RELAYED_HEADERS: Final = ("x-codex-turn-state", "x-models-etag", "openai-model", "x-reasoning-included")
RELAYED_PREFIXES: Final = ("x-codex-primary-", "x-codex-secondary-", "x-codex-credits-", "x-codex-plan-type")


class CodexClient:
    """Implements ``ClientCodec``."""

    dialect = Dialect.CODEX

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """See ``ClientCodec``."""
        return build_call(request, target)

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """See ``ClientCodec``."""
        decoder = LiteDecoder if isinstance(call.context, LiteContext) else ResponsesDecoder
        return rewritten_stream(decoder(call.context, read_extension=read_extension), call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """See ``ClientCodec``."""
        relay = tuple(
            (name, value)
            for name, value in headers.items()
            if name in RELAYED_HEADERS or name.startswith(RELAYED_PREFIXES)
        )
        return ReplyFacts(
            rate_limits=parse_rate_headers(headers),
            turn_state=headers.get("x-codex-turn-state"),
            served_model=headers.get("openai-model"),
            models_etag=headers.get("x-models-etag"),
            request_id=headers.get("x-request-id") or headers.get("x-oai-request-id"),
            relay=relay,
        )

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """See ``ClientCodec``."""
        return rewritten(decode_whole(body, call.context), call.context)

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """See ``ClientCodec``."""
        return parse_failure(status, headers, body)


def read_extension(name: str, event: JsonObject) -> Event | None:
    """The backend's own events in canonical terms, as far as they have any."""
    if name == "codex.rate_limits":
        snapshot = parse_rate_event(event)
        return RateLimitsObserved(snapshot=snapshot) if snapshot else None
    return None
