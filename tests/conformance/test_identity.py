"""What the wire shows of us equals what the real client shows: TLS, HTTP/2, and the headers of every kind of call.

Source of the constants: captures of Codex CLI 0.169.0 and of its app server under the desktop name, where the name of
the server was ``chatgpt.com``.  The real client offers nothing here that depends on the profile but its two names.
"""

import time
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from msgspec.structs import replace

from codex_proxy.accounts.issuer import RefreshReason
from codex_proxy.canonical.target import ClientIdentity, ModelFacts, Profile, UpstreamIdentity
from codex_proxy.gateway.ports import Route
from codex_proxy.login.places import places_of
from codex_proxy.login.requests import (
    build_device_code,
    build_device_question,
    build_exchange,
    build_refresh,
    build_revocation,
)
from codex_proxy.operations.login.ports import AuthorizationCode, DeviceCode
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.codex.lookups import build_account_check, build_models_call
from codex_proxy.protocols.codex.usage import build_usage_call
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.http import HttpTransport
from tests.conformance.h2_peer import H2Peer, Opened, h2_peer
from tests.protocols.codex.parts import CLIENT, IDENTITY, request, target
from tests.transports.recording_proxy import recording_proxy

JA4 = "t13d1011h2_61a7ad8aa9b6_0d308c48d2a3"
ALPN = ("h2", "http/1.1")
CIPHERS = (0x1302, 0x1301, 0x1303, 0xC02C, 0xC02B, 0xCCA9, 0xC030, 0xC02F, 0xCCA8, 0x00FF)
EXTENSIONS = [0, 5, 10, 11, 13, 16, 23, 35, 43, 45, 51]
GROUPS = (0x11EC, 0x001D, 0x0017, 0x0018)
KEY_SHARES = ((0x11EC, 1216), (0x001D, 32))
SIGNATURES = (
    *(0x0503, 0x0403, 0x0603, 0x0807, 0x0806, 0x0805, 0x0804, 0x0601, 0x0501, 0x0401),
    *(0x0904, 0x0905, 0x0906),
)
HELLO_BYTES = 1481 - len("chatgpt.com") + len("localhost")
SETTINGS = [(2, 0), (4, 2_097_152), (5, 16_384), (6, 16_384)]
WINDOW_INCREMENT = 5_177_345
PSEUDO = [":method", ":scheme", ":authority", ":path"]

USER_AGENTS = {
    Profile.DESKTOP: "Codex Desktop/0.169.0 (Debian 12.0.0; x86_64) xterm (Codex Desktop; 26.1120.10001)",
    Profile.CLI: "codex-tui/0.169.0 (Debian 12.0.0; x86_64) xterm (codex-tui; 0.169.0)",
}
ORIGINATORS = {Profile.DESKTOP: "Codex Desktop", Profile.CLI: "codex-tui"}
LOGIN_AGENT = "codex_cli_rs/0.169.0 (Debian 12.0.0; x86_64) xterm"

FIRST_ANSWER = [
    *("version", "x-codex-beta-features", "x-codex-window-id", "x-codex-turn-metadata", "x-codex-routing-hint"),
    *("x-client-request-id", "session-id", "thread-id", "accept", "content-encoding", "content-type"),
    *("authorization", "chatgpt-account-id", "originator", "user-agent", "content-length"),
]
FULL_ANSWER = [
    *("version", "x-openai-account-routing-override", "x-codex-beta-features", "x-codex-turn-state"),
    *("x-codex-window-id", "x-codex-turn-metadata", "x-openai-internal-codex-responses-lite", "x-codex-routing-hint"),
    *("x-client-request-id", "session-id", "thread-id", "accept", "content-encoding", "content-type"),
    *("authorization", "chatgpt-account-id", "originator", "user-agent", "content-length", "cookie"),
]
MODELS = ["version", "authorization", "chatgpt-account-id", "originator", "user-agent", "accept"]
WHAM = ["user-agent", "authorization", "chatgpt-account-id", "accept"]
REFRESH = ["content-type", "originator", "user-agent", "accept", "content-length"]
LOGIN = ["content-type", "accept", "content-length"]

PLACES = places_of(authorize_url="https://localhost/oauth/authorize", token_url="https://localhost/oauth/token")
CODE = AuthorizationCode(code="c", redirect_uri="http://127.0.0.1:1455/auth/callback", verifier="v")


class Caller:
    """One identity's transport, towards the peer."""

    def __init__(self, peer: H2Peer, profile: Profile) -> None:
        self.client: ClientIdentity = replace(CLIENT, profile=profile)
        self.peer = peer
        timeouts = Timeouts()
        pool = ClientPool(timeouts=timeouts, now=time.monotonic, trusted_pem=peer.trusted_pem)
        self.transport = HttpTransport(pool=pool, timeouts=timeouts)

    async def send(self, *calls: UpstreamCall, egress_url: str | None = None) -> Opened:
        """The connection that carried these calls."""
        route = Route(base_url=f"{self.peer.url}/backend-api", account_id="a", egress_url=egress_url)
        for call in calls:
            async with self.transport.open(call, route) as reply:
                assert reply.status == 200
        return self.peer.connections[-1]


@pytest_asyncio.fixture(params=list(Profile))
async def caller(request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    async with h2_peer() as peer:
        made = Caller(peer, request.param)
        yield made
        await made.transport.close()


def answer_calls(client: ClientIdentity) -> Sequence[UpstreamCall]:
    """The first call of a conversation, and one with everything that can be in a later one."""
    later = UpstreamIdentity(
        session_id=IDENTITY.session_id, thread_id=IDENTITY.thread_id, turn_id=IDENTITY.turn_id, turn_state="state"
    )
    lite = ModelFacts(slug="gpt-6.1-sol", lite=True)
    full = target(client=client, identity=later, model=lite, routing_override="us", force_lite=True)
    codec = CodexClient()
    return [codec.build_call(request(), target(client=client)), codec.build_call(request(), full)]


async def test_the_first_words_of_tls_are_the_real_clients(caller: Caller) -> None:
    hello = (await caller.send(build_models_call(caller.client, target().credential))).hello
    assert hello.ja4 == JA4
    assert hello.alpn == ALPN
    assert hello.ciphers == CIPHERS
    assert sorted(hello.extensions) == EXTENSIONS
    assert hello.groups == GROUPS
    assert hello.key_shares == KEY_SHARES
    assert hello.signature_algorithms == SIGNATURES
    assert hello.versions == (0x0304, 0x0303)
    assert hello.message_bytes == HELLO_BYTES


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
async def test_a_proxy_changes_nothing_of_it(caller: Caller, scheme: str) -> None:
    call = build_models_call(caller.client, target().credential)
    async with recording_proxy() as proxy:
        opened = await caller.send(call, egress_url=proxy.url(scheme))
        assert len(proxy.passages) == len(caller.peer.connections) == 1
    assert (opened.hello.ja4, opened.hello.message_bytes) == (JA4, HELLO_BYTES)
    assert (opened.settings, opened.window_increment) == (SETTINGS, WINDOW_INCREMENT)
    assert opened.names() == [*PSEUDO, *MODELS]


async def test_http_2_is_opened_as_the_real_client_opens_it(caller: Caller) -> None:
    opened = await caller.send(build_models_call(caller.client, target().credential))
    assert opened.protocol == "h2"
    assert opened.settings == SETTINGS
    assert opened.window_increment == WINDOW_INCREMENT
    assert opened.priorities_count == 0


async def test_headers_of_answers_in_order(caller: Caller) -> None:
    opened = await caller.send(*answer_calls(caller.client))
    assert [opened.names(0), opened.names(1)] == [[*PSEUDO, *FIRST_ANSWER], [*PSEUDO, *FULL_ANSWER]]
    told = dict(opened.requests[1])
    assert told["user-agent"] == USER_AGENTS[caller.client.profile]
    assert told["originator"] == ORIGINATORS[caller.client.profile]
    assert (told["accept"], told["content-encoding"]) == ("text/event-stream", "zstd")
    assert (told["version"], told["x-codex-beta-features"]) == ("0.169.0", "remote_compaction_v2")
    assert (told["x-codex-turn-state"], told["x-codex-routing-hint"]) == ("state", "model=gpt-6.1-sol")
    assert (told["x-openai-account-routing-override"], told["cookie"]) == ("us", "__cf_bm=1")


async def test_headers_of_lookups_in_order(caller: Caller) -> None:
    credential = target().credential
    lookups = [
        build_models_call(caller.client, credential),
        build_account_check(caller.client, credential),
        build_usage_call(caller.client, credential),
    ]
    opened = await caller.send(*lookups)
    told = [opened.names(place) for place in range(3)]
    assert told == [[*PSEUDO, *MODELS], [*PSEUDO, *WHAM, "cookie"], [*PSEUDO, *WHAM, "cookie"]]
    assert {opened.header("accept", place) for place in range(3)} == {"*/*"}
    assert {opened.header("user-agent", place) for place in range(3)} == {USER_AGENTS[caller.client.profile]}
    assert opened.header(":path", 0) == "/backend-api/codex/models?client_version=0.169.0"


async def test_headers_to_the_issuer_in_order(caller: Caller) -> None:
    device = DeviceCode(
        device_auth_id="d", user_code="u", page_url="https://localhost/codex/device", interval_seconds=5.0
    )
    calls = [
        build_refresh(PLACES, "client", "token", RefreshReason.PROACTIVE, client=caller.client),
        build_revocation(PLACES, "client", "token", client=caller.client),
        build_exchange(PLACES, "client", CODE),
        build_device_code(PLACES, "client"),
        build_device_question(PLACES, device),
    ]
    async with h2_peer(set_cookie="oai-sc=1; path=/") as issuer:
        at_issuer = Caller(issuer, caller.client.profile)
        opened = await at_issuer.send(*calls)
        await at_issuer.transport.close()
    told = [opened.names(place) for place in range(len(calls))]
    assert told == [[*PSEUDO, *names] for names in (REFRESH, REFRESH, LOGIN, LOGIN, LOGIN)]
    assert opened.header("user-agent", 0) == USER_AGENTS[caller.client.profile]
    assert (opened.header("originator", 1), opened.header("user-agent", 1)) == ("codex_cli_rs", LOGIN_AGENT)
