"""This dialect's question for the number of input tokens, and its answer.

Rules of this file: the body is that of a request without its output limit; nothing else differs.  Source: Anthropic API
reference, token counting; captures of Claude Code 2.1.330, which asks 25 times at once.
"""

from collections.abc import Mapping

from codex_proxy.protocols.anthropic.request.body import parse_request
from codex_proxy.protocols.base import ParsedRequest, WireReply
from codex_proxy.protocols.parts.json_text import encode


def parse_count_request(body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
    """The request whose tokens are asked for; raises ``InvalidRequest`` as for a request."""
    return parse_request(body, headers)


def encode_count(input_tokens: int) -> WireReply:
    """The answer."""
    return WireReply(status=200, body=encode({"input_tokens": input_tokens}))
