"""Upstreams as an exchange sees them."""

from codex_proxy.gateway.ports import Route
from codex_proxy.gateway.upstreams.candidate import Asker, Outgoing
from codex_proxy.protocols.codex.client import CodexClient
from tests.protocols.codex.parts import request, target


def test_whoever_asks_may_use_any_account_unless_said_otherwise() -> None:
    assert Asker(request_id="r", client_key_id="k").bound_to is None


def test_unless_said_otherwise_a_stream_comes_and_the_gateway_cuts_at_stop_strings() -> None:
    codec = CodexClient()
    route = Route(base_url="http://upstream.invalid", account_id="a")
    outgoing = Outgoing(call=codec.build_call(request(), target()), route=route, codec=codec)
    assert (outgoing.passes, outgoing.is_whole, outgoing.cuts_stops) == (False, None, True)
