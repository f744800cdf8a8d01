"""What one attempt does."""

from codex_proxy.gateway.attempts.plan import AttemptPlan
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Route
from codex_proxy.protocols.codex.client import CodexClient
from tests.gateway.scene import Client
from tests.protocols.codex.parts import request, target


def test_unless_said_otherwise_a_stream_is_told_in_canonical_terms() -> None:
    lease = MemoryLeaseBook().try_acquire("a", None)
    assert lease is not None
    codec, client = CodexClient(), Client()
    plan = AttemptPlan(
        call=codec.build_call(request(), target()),
        codec=codec,
        route=Route(base_url="http://upstream.invalid", account_id="a"),
        lease=lease,
        deliver=client.deliver,
        observe_limits=lambda _: None,
    )
    assert (plan.relays, plan.passes, plan.is_whole) == (False, False, None)
