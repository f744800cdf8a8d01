"""A gateway whose models lead to vendor keys, over a scripted upstream."""

import json
from dataclasses import replace
from typing import Any

from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.continuation import LearnedRejects
from codex_proxy.gateway.exchange import ExchangeInput, Gateway
from codex_proxy.gateway.ports import Route
from codex_proxy.gateway.prepare import ClientBody
from codex_proxy.gateway.upstreams.vendors import VendorParts, VendorUpstream
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.base import ServerCodec, VendorCodec
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from codex_proxy.routing.resolve import Resolver
from codex_proxy.transports.scripted import Piece, ScriptedReply
from codex_proxy.vendors.key import KeyModel, VendorKey
from codex_proxy.vendors.pool import VendorPool
from codex_proxy.vendors.profile import Wire
from tests.gateway.scene import Client, Scene

CODECS: dict[Wire, VendorCodec] = {
    Wire.CHAT: ChatClient(),
    Wire.RESPONSES: ResponsesClient(),
    Wire.ANTHROPIC: AnthropicClient(),
    Wire.GEMINI: GeminiClient(),
}
SECRET = "very.secret.of."


def key(row_id: str, *, wire: Wire = Wire.CHAT, vendor: str = "acme", models: str = "acme-1") -> VendorKey:
    return VendorKey(
        row_id=row_id,
        vendor=vendor,
        base_url="https://vendor.invalid",
        wire=wire,
        secret=SECRET + row_id,
        models=tuple(KeyModel(id=model) for model in models.split()),
    )


class VendorScene(Scene):
    """Keys in place of accounts; ``next_routes`` and ``strict`` are the owner's."""

    def __init__(
        self, *keys: VendorKey, next_routes: dict[str, tuple[str, ...]] | None = None, strict: bool = False
    ) -> None:
        super().__init__(strict=strict)
        self.keys = VendorPool()
        for one in keys:
            self.keys.put(one)
        self.shut_keys: dict[str, Failure] = {}
        vendors = VendorUpstream(
            VendorParts(
                pool=self.keys,
                codec_of=lambda one: CODECS[one.wire],
                route_of=self._vendor_route,
                clock=self.clock,
                rejects=LearnedRejects(),
            )
        )
        routes = next_routes or {}
        self.gateway = Gateway(
            replace(
                self.parts,
                vendors=vendors,
                resolver=self._resolver,
                next_routes=lambda model: routes.get(model, ()),
            )
        )

    def _resolver(self) -> Resolver:
        offers = self.keys.offers()
        return Resolver(
            catalogue=packaged_catalogue(),
            aliases={"mine": "acme:acme-1"},
            default="gpt-5.4",
            offers=offers.models,
            vendors=offers.vendors,
        )

    def _vendor_route(self, one: VendorKey) -> Route | Failure:
        shut = self.shut_keys.get(one.row_id)
        route = Route(base_url=one.base_url, account_id=one.row_id, egress_id=f"egress-{one.row_id}")
        return route if shut is None else shut

    async def post(
        self, body: dict[str, Any] | bytes, codec: ServerCodec | None = None, *, bound_to: str | None = None
    ) -> tuple[Client, Failure | None]:
        """Ask with a body of the dialect, as an endpoint would."""
        client, raw = Client(), body if isinstance(body, bytes) else json.dumps(body).encode()
        parsed = (codec or ChatServer()).parse_request(raw, headers={})
        exchange = ExchangeInput(
            request=parsed.request,
            request_id="req",
            client_key_id="key",
            bound_to=bound_to,
            notes=parsed.notes,
            body=ClientBody(raw if parsed.passable else b""),
        )
        return client, await self.gateway.run(exchange, client)

    def sent(self, number: int = 0) -> Any:
        """The body of this call."""
        return json.loads(self.transport.calls[number][1].body)


def question(model: str = "acme-1", **members: Any) -> dict[str, Any]:
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}], **members}


def chat_stream(text: str) -> bytes:
    return (
        b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":'
        + json.dumps(text).encode()
        + b'},"finish_reason":null}]}\n\n'
        b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}\n\n'
        b"data: [DONE]\n\n"
    )


def chat_answer(text: str) -> ScriptedReply:
    return ScriptedReply(body=(Piece(chat_stream(text)),))
