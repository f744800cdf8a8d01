"""Who is asked where a model is a vendor's."""

from contextlib import AbstractAsyncContextManager

from codex_proxy.bootstrap.asking.vendors import EitherTransport
from codex_proxy.gateway.ports import Guarding, Route, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.scripted import ScriptedReply, ScriptedTransport

CALL = UpstreamCall(method="POST", path="/x", headers=())


async def test_only_addresses_that_a_user_gave_are_guarded() -> None:
    accounts, vendors = ScriptedTransport(), ScriptedTransport()
    either = EitherTransport(accounts=accounts, vendors=vendors)

    async def asked(reply: AbstractAsyncContextManager[UpstreamReply]) -> int:
        async with reply as opened:
            return opened.status

    accounts.add(ScriptedReply(status=201))
    vendors.add(ScriptedReply(status=202))
    plain = Route(base_url="http://upstream.invalid", account_id="a")
    guarded = Route(base_url="http://vendor.invalid", account_id="k", guarding=Guarding(vendor="acme"))
    assert [await asked(either.open(CALL, route)) for route in (plain, guarded)] == [201, 202]
