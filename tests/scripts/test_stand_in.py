"""The account that is nobody's."""

import msgspec
import zstandard

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from scripts.stand_in import stand_in_target


def test_a_call_is_built_for_it_as_the_gateway_would() -> None:
    body = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}'
    request = ChatServer().parse_request(body, headers={}).request
    target = stand_in_target(ModelFacts(slug="gpt-5.4"), effort="high", service_tier="priority")
    call = CodexClient().build_call(request, target)
    sent = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
    assert (sent["model"], sent["reasoning"]["effort"], sent["service_tier"]) == ("gpt-5.4", "high", "priority")
