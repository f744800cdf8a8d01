"""Who speaks with a vendor: one codec for each way of speaking.

Rules of this file: objects are made here, rules are elsewhere.
"""

from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.base import VendorCodec
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from codex_proxy.vendors.profile import VendorProfile, Wire

_CODECS: dict[Wire, VendorCodec] = {
    Wire.CHAT: ChatClient(),
    Wire.RESPONSES: ResponsesClient(),
    Wire.CODEX_RESPONSES: ResponsesClient(),
    Wire.ANTHROPIC: AnthropicClient(),
    Wire.GEMINI: GeminiClient(),
}


def codec_of(_vendor: VendorProfile, wire: Wire) -> VendorCodec:
    """The codec."""
    return _CODECS[wire]
