"""The Responses dialect's question for the number of input tokens, and its answer.

Rules of this file: the body is that of a request, but everything may be missing; what was said earlier and not sent
again cannot be counted, so a reference to it is refused.  Source: OpenAI API reference, input token counts.
"""

from collections.abc import Mapping

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest, WireReply
from codex_proxy.protocols.openai_responses.request.body import parse_request_object
from codex_proxy.protocols.parts.json_text import decode_object, encode


def parse_count_request(body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
    """The request whose tokens are asked for.

    Raises:
        InvalidRequest: as for a request, or it continues an answer that is not stored.
    """
    members = decode_object(body)
    if members.get("previous_response_id") is not None:
        raise InvalidRequest(
            "previous_response_id", "answers are not stored; send the input items", code="previous_response_not_found"
        )
    return parse_request_object(_completed(members), headers=headers)


def encode_count(tokens: int) -> WireReply:
    """The answer."""
    return WireReply(status=200, body=encode({"object": "response.input_tokens", "input_tokens": tokens}))


def _completed(members: JsonObject) -> JsonObject:
    """The body with an empty input where it has none, which a request may only have beside instructions."""
    if members.get("input") not in (None, []):
        return members
    instructions = members.get("instructions")
    if isinstance(instructions, list) and instructions:
        return members | {"input": instructions, "instructions": None}
    return members | {"input": [], "instructions": instructions or ""}
