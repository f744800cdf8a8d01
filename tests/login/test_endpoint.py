"""The issuer over a scripted transport: what leaves, by which way, and what each answer becomes."""

import asyncio
from typing import Any

import msgspec
import pytest

from codex_proxy.accounts.issuer import IssuerError, RefreshReason, Refusal
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.login.endpoint import MAX_ANSWER_BYTES, EndpointParts, TokenEndpoint
from codex_proxy.login.places import places_of
from codex_proxy.operations.login.ports import Authorization, AuthorizationCode, DeviceCode, StillWaiting
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, ScriptedTransport, Stall
from tests.gateway.scene import EgressTold, FakeClock
from tests.login.test_answers import access_token, error
from tests.protocols.codex.parts import CLIENT
from tests.waiting import until

ISSUER = "https://auth.example"
ROW = "00112233aabbccdd"
EGRESS = "socks5://127.0.0.1:9"
CODE = AuthorizationCode(code="ac_1", verifier="the-verifier", redirect_uri="http://127.0.0.1:1455/auth/callback")
NOTHING_SENT = Failure(kind=FailureKind.UNREACHABLE, message="connection refused", sent=Sent.NOTHING_SENT)


def route_of(row_id: str, base_url: str) -> Route:
    return Route(base_url=base_url, account_id=row_id, egress_url=EGRESS, egress_id="p")


class Scene:
    def __init__(self, *replies: ScriptedReply, route: Any = route_of, answer_seconds: float = 5.0) -> None:
        self.transport = ScriptedTransport()
        self.transport.add(*replies)
        self.egress = EgressTold()
        self.endpoint = TokenEndpoint(
            EndpointParts(
                places=places_of(authorize_url=f"{ISSUER}/oauth/authorize", token_url=f"{ISSUER}/oauth/token"),
                client_id="app_test",
                transport=self.transport,
                route_of=route,
                egress=self.egress,
                clock=FakeClock(),
                client=lambda: CLIENT,
                answer_seconds=answer_seconds,
            )
        )

    async def refreshed(self, issuer: str = ISSUER) -> Any:
        return await self.endpoint.refresh("rt_old", issuer=issuer, reason=RefreshReason.PROACTIVE, row_id=ROW)

    async def refused(self) -> IssuerError:
        with pytest.raises(IssuerError) as caught:
            await self.refreshed()
        return caught.value


def reply(body: Any, status: int = 200) -> ScriptedReply:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    middle = len(raw) // 2
    return ScriptedReply(
        status=status, headers={"content-type": "application/json"}, body=(Piece(raw[:middle]), Piece(raw[middle:]))
    )


async def test_a_refresh_leaves_by_the_accounts_own_way_and_brings_a_pair() -> None:
    scene = Scene(reply({"access_token": access_token(), "refresh_token": "rt_new"}))
    grant = await scene.refreshed()
    [(route, call)] = scene.transport.calls
    assert (route.base_url, route.account_id, route.egress_url) == (ISSUER, ROW, EGRESS)
    assert msgspec.json.decode(call.body)["refresh_reason"] == "proactive_expiry"
    assert (grant.secrets.refresh_token, grant.identity.issuer) == ("rt_new", ISSUER)


async def test_a_token_of_another_issuer_is_refused_before_anything_is_sent() -> None:
    scene = Scene()
    for attempt in (
        scene.refreshed("https://auth.openai.com"),
        scene.endpoint.revoke("rt_old", issuer="https://auth.openai.com", row_id=ROW),
    ):
        with pytest.raises(IssuerError) as caught:
            await attempt
        assert (caught.value.refusal, caught.value.maybe_spent) == (Refusal.WRONG_ISSUER, False)
    assert scene.transport.calls == []


async def test_b_07_an_egress_that_is_not_there_means_that_nothing_is_sent() -> None:
    def no_way(row_id: str, base_url: str) -> Route:
        raise TransportError(msgspec.structs.replace(NOTHING_SENT, message="the egress proxy of the account is down"))

    scene = Scene(route=no_way)
    told = await scene.refused()
    assert (told.refusal, told.maybe_spent) == (Refusal.UNREACHABLE, False)
    assert "egress proxy" in str(told)
    assert scene.transport.calls == []


@pytest.mark.parametrize(
    ("scripted", "refusal", "maybe_spent"),
    [
        (ScriptedReply(refused=NOTHING_SENT), Refusal.UNREACHABLE, False),
        (ScriptedReply(refused=Failure(kind=FailureKind.UNREACHABLE, message="reset")), Refusal.NO_ANSWER, True),
        (ScriptedReply(refused=Failure(kind=FailureKind.TIMEOUT, message="no headers")), Refusal.NO_ANSWER, True),
        (ScriptedReply(status=200, body=(Piece(b'{"access'), Break())), Refusal.NO_ANSWER, True),
        (ScriptedReply(status=503, headers={}, body=(Piece(b"x"), Break())), Refusal.UNAVAILABLE, False),
        (ScriptedReply(status=401, headers={}, body=(Break(),)), Refusal.REFRESH_TOKEN_REVOKED, False),
        (reply(error("refresh_token_reused"), 401), Refusal.REFRESH_TOKEN_REUSED, False),
        (reply(b"<html>not json"), Refusal.PROTOCOL, True),
    ],
)
async def test_whether_the_token_may_be_spent_is_a_fact(
    scripted: ScriptedReply, refusal: Refusal, *, maybe_spent: bool
) -> None:
    told = await Scene(scripted).refused()
    assert (told.refusal, told.maybe_spent) == (refusal, maybe_spent)
    assert "rt_old" not in str(told)


@pytest.mark.parametrize(
    ("scripted", "told"),
    [
        (reply(error("unsupported_country_region_territory"), 403), [("p", FailureKind.REGION_BLOCKED)]),
        (reply(error("refresh_token_reused"), 401), []),
        (ScriptedReply(refused=NOTHING_SENT), []),
    ],
)
async def test_a_05_a_refused_country_and_nothing_else_is_told_of_the_way_out(
    scripted: ScriptedReply, told: list[tuple[str, FailureKind]]
) -> None:
    scene = Scene(scripted, scripted, scripted)
    await scene.refused()
    with pytest.raises(IssuerError):
        await scene.endpoint.exchange_code(CODE, row_id=ROW)
    with pytest.raises(IssuerError):
        await scene.endpoint.begin_device(row_id=ROW)
    assert scene.egress.refusals == told * 3


async def test_b_03_a_refused_refresh_is_sent_once() -> None:
    scene = Scene(reply(error("refresh_token_expired"), 401), reply({"access_token": access_token()}))
    assert (await scene.refused()).refusal is Refusal.REFRESH_TOKEN_EXPIRED
    assert len(scene.transport.calls) == 1


async def test_an_endless_answer_is_cut() -> None:
    piece = b'{"access_token":"' + b"a" * 65_536
    scene = Scene(ScriptedReply(headers={}, body=(Piece(piece),) * (MAX_ANSWER_BYTES // len(piece) + 2)))
    told = await scene.refused()
    assert (told.refusal, told.maybe_spent) == (Refusal.PROTOCOL, True)
    assert scene.transport.cancelled


async def test_an_answer_that_never_ends_may_have_spent_the_token() -> None:
    scene = Scene(ScriptedReply(body=(Piece(b"{"), Stall())), answer_seconds=0.01)
    told = await scene.refused()
    assert (told.refusal, told.maybe_spent) == (Refusal.NO_ANSWER, True)


async def test_who_cancels_a_refresh_gets_no_refusal() -> None:
    scene = Scene(ScriptedReply(body=(Stall(),)))
    asking = asyncio.get_running_loop().create_task(scene.refreshed())
    await until(lambda: scene.transport.calls)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_code_is_exchanged_with_its_verifier() -> None:
    scene = Scene(reply({"access_token": access_token(), "refresh_token": "rt_1"}))
    grant = await scene.endpoint.exchange_code(CODE, row_id=ROW)
    assert grant.secrets.refresh_token == "rt_1"
    [(route, call)] = scene.transport.calls
    assert route.account_id == ROW
    assert call.body.decode().endswith("&code_verifier=the-verifier")


async def test_a_code_that_works_no_more_is_no_dead_token() -> None:
    scene = Scene(reply(error("invalid_grant", "the code ac_1 was used"), 400))
    with pytest.raises(IssuerError) as caught:
        await scene.endpoint.exchange_code(CODE, row_id=ROW)
    assert caught.value.refusal is Refusal.BAD_CODE


async def test_a_revocation_says_nothing_when_it_worked() -> None:
    scene = Scene(reply({}), reply(error("invalid_request"), 400))
    await scene.endpoint.revoke("rt_old", issuer=ISSUER, row_id=ROW)
    with pytest.raises(IssuerError):
        await scene.endpoint.revoke("rt_old", issuer=ISSUER, row_id=ROW)
    assert [call.path for _, call in scene.transport.calls] == ["/oauth/revoke"] * 2


async def test_a_device_login_from_its_code_to_its_authorization() -> None:
    scene = Scene(
        reply({"device_auth_id": "d1", "user_code": "ABCD-1", "interval": "5"}),
        reply(error("deviceauth_authorization_unknown"), 403),
        reply({"authorization_code": "ac_2", "code_challenge": "c", "code_verifier": "v"}),
    )
    device = await scene.endpoint.begin_device(row_id=ROW)
    assert device == DeviceCode(
        device_auth_id="d1", user_code="ABCD-1", page_url=f"{ISSUER}/codex/device", interval_seconds=5.0
    )
    assert await scene.endpoint.ask_device(device, row_id=ROW) == StillWaiting()
    assert await scene.endpoint.ask_device(device, row_id=ROW) == AuthorizationCode(
        code="ac_2", verifier="v", redirect_uri=f"{ISSUER}/deviceauth/callback"
    )
    assert {route.account_id for route, _ in scene.transport.calls} == {ROW}


async def test_where_a_browser_goes_is_told_without_asking_anybody() -> None:
    scene = Scene()
    url = scene.endpoint.authorization_url(Authorization(state="s", verifier="v" * 86, redirect_uri=CODE.redirect_uri))
    assert url.startswith(f"{ISSUER}/oauth/authorize?response_type=code&client_id=app_test&")
    assert (scene.endpoint.issuer, scene.transport.calls) == (ISSUER, [])
