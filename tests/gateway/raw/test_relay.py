"""Raw requests to vendor keys."""

import json
from typing import Any

import pytest

from codex_proxy.bootstrap.asking.vendors import EMBEDDERS
from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note
from codex_proxy.gateway.admission.ports import OPEN, Admission
from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.ports import Route
from codex_proxy.gateway.raw.question import RawQuestion
from codex_proxy.gateway.raw.relay import RawGateway, RawParts, usage_at_end
from codex_proxy.protocols.base import HeaderPairs
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.parts.openai.embeddings import OpenAiEmbeddingServer
from codex_proxy.routing.resolve import Resolver
from codex_proxy.transports.scripted import Break, Piece, ScriptedReply, ScriptedTransport
from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.pool import VendorPool
from codex_proxy.vendors.profile import Capability, RawEndpoint, VendorProfile, Wire, parse_profile
from tests.gateway.admission.stage import REFUSED, Doorkeeper
from tests.gateway.scene import FakeClock, Records, refusing
from tests.gateway.upstreams.vendor_scene import key

ACME = parse_profile(
    "acme",
    {
        "base_url": "https://vendor.invalid",
        "wires": [{"wire": "chat", "headers": {"X-Title": "gateway"}}],
        "capabilities": ["chat", "embeddings"],
        "paths": {"embeddings": "/embeddings"},
    },
)
GEMINI = parse_profile(
    "acme",
    {
        "base_url": "https://vendor.invalid",
        "wires": [{"wire": "chat"}],
        "capabilities": ["chat", "embeddings"],
        "paths": {"batch_embed_contents": "/models/{model}:batchEmbedContents"},
    },
)
VALUES = b'{"embeddings":[{"values":[0.5]}],"usageMetadata":{"promptTokenCount":3}}'
ANSWER = b'{"data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}'


class Caller:
    def __init__(self) -> None:
        self.head: tuple[int, HeaderPairs] | None = None
        self.notes: tuple[Note, ...] = ()
        self.body = b""

    async def start(self, status: int, headers: HeaderPairs, notes: tuple[Note, ...] = ()) -> None:
        self.head, self.notes = (status, headers), notes

    async def send(self, chunk: bytes) -> None:
        self.body += chunk


class RawScene:
    def __init__(self, *keys: VendorKey, profile: VendorProfile = ACME, admission: Admission = OPEN) -> None:
        self.transport, self.clock, self.records = ScriptedTransport(), FakeClock(), Records()
        self.keys = VendorPool()
        for one in keys:
            self.keys.put(one)
        self.gateway = RawGateway(
            RawParts(
                transport=self.transport,
                pool=self.keys,
                profile_of=lambda _: profile,
                codec_of=lambda _: ChatClient(),
                route_of=lambda one: Route(base_url=one.base_url, account_id=one.row_id),
                resolver=self._resolver,
                clock=self.clock,
                observer=Observers((self.records,), complain=lambda name, error: None),
                admission=admission,
                embedders=EMBEDDERS,
            )
        )

    def _resolver(self) -> Resolver:
        offers = self.keys.offers()
        return Resolver(
            catalogue=packaged_catalogue(),
            aliases={"mine": "acme:embed-1"},
            default="gpt-5.4",
            offers=offers.models,
            vendors=offers.vendors,
        )

    async def ask(
        self, model: str = "embed-1", endpoint: RawEndpoint = RawEndpoint.EMBEDDINGS, **members: Any
    ) -> tuple[Caller, Failure | None]:
        caller = Caller()
        question = RawQuestion(
            endpoint=endpoint,
            model=model,
            body=json.dumps({"model": model, "input": "hi"} | members).encode(),
            content_type="application/json",
            request_id="req",
            client_key_id="key",
            dialect="openai_embeddings",
            server=OpenAiEmbeddingServer() if endpoint is RawEndpoint.EMBEDDINGS else None,
        )
        return caller, await self.gateway.run(question, caller)

    @property
    def callers(self) -> list[str]:
        return [route.account_id for route, _ in self.transport.calls]


def embedding_key(row_id: str, **changes: Any) -> VendorKey:
    made = key(row_id)
    models = (KeyModel(id="embed-1", capabilities=(Capability.EMBEDDINGS,)), KeyModel(id="acme-1"))
    return VendorKey(**{name: getattr(made, name) for name in made.__struct_fields__} | {"models": models} | changes)


def answer(body: bytes = ANSWER) -> ScriptedReply:
    return ScriptedReply(headers={"content-type": "application/json", "set-cookie": "a=b"}, body=(Piece(body),))


async def test_body_and_answer_pass_as_they_are_but_for_the_models_name() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(answer())
    caller, failure = await scene.ask("mine")
    assert failure is None
    assert (caller.head, caller.body) == ((200, (("content-type", "application/json"),)), ANSWER)
    _, call = scene.transport.calls[0]
    assert (call.path, call.body) == ("/embeddings", b'{"model": "embed-1", "input": "hi"}')
    headers = dict(call.headers)
    assert (headers["authorization"], headers["x-title"]) == ("Bearer very.secret.of.k", "gateway")


async def test_an_answer_that_came_encoded_says_so() -> None:
    scene = RawScene(embedding_key("k"))
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    scene.transport.add(ScriptedReply(headers=headers, body=(Piece(b"\x1f\x8b"),)))
    caller, _ = await scene.ask()
    assert caller.head == (200, tuple(headers.items()))


async def test_the_key_goes_where_the_endpoint_wants_it() -> None:
    told = {"wire": "chat", "key_header": "x-key", "path_key_headers": {"batch_embed_contents": "authorization"}}
    paths = {"speech": "/speech", "batch_embed_contents": "/{model}"}
    entry = {"wires": [told], "capabilities": ["chat", "embeddings", "speech"], "paths": paths}
    speaks = KeyModel(id="speak-1", capabilities=(Capability.SPEECH,))
    scene = RawScene(
        embedding_key("k", models=(KeyModel(id="embed-1", capabilities=(Capability.EMBEDDINGS,)), speaks)),
        profile=parse_profile("acme", {"base_url": "https://vendor.invalid", **entry}),
    )
    scene.transport.add(answer(VALUES), answer())
    await scene.ask()
    await scene.ask("speak-1", RawEndpoint.SPEECH)
    keys = [{name for name, value in call.headers if "secret" in value} for _, call in scene.transport.calls]
    assert keys == [{"authorization"}, {"x-key"}]


async def test_it_is_counted() -> None:
    scene = RawScene(embedding_key("k"))
    scene.transport.add(answer())
    await scene.ask("mine")
    record = scene.records.all[0]
    assert record.usage is not None
    assert (record.usage.input_tokens, record.model_asked, record.model_used) == (3, "mine", "embed-1")
    assert [attempt.vendor for attempt in record.attempts] == ["acme"]
    assert [attempt.headers_seconds is None for attempt in record.attempts] == [False]


@pytest.mark.parametrize("status", [401, 402, 429, 500])
async def test_another_key_answers_where_the_first_is_refused(status: int) -> None:
    scene = RawScene(embedding_key("a"), embedding_key("b"))
    scene.transport.add(refusing(status, {"error": {"message": "no"}}), answer())
    caller, failure = await scene.ask()
    assert (failure, caller.body, scene.callers) == (None, ANSWER, ["a", "b"])


async def test_the_only_keys_error_keeps_its_status_and_hides_the_key() -> None:
    scene = RawScene(embedding_key("a"))
    scene.transport.add(refusing(401, {"error": {"message": "no very.secret.of.a"}}))
    _, failure = await scene.ask()
    assert failure is not None
    assert (failure.status, failure.vendor, failure.message) == (401, "acme", "no ***")
    found = scene.keys.find("a")
    assert found is not None
    assert found.status is KeyStatus.ERROR


async def test_a_vendor_of_other_words_is_asked_in_them_and_told_in_the_clients() -> None:
    scene = RawScene(embedding_key("k"), profile=GEMINI)
    scene.transport.add(answer(VALUES))
    caller, failure = await scene.ask("mine", user="me")
    assert (failure, caller.head) == (None, (200, (("content-type", "application/json"),)))
    assert json.loads(caller.body)["data"] == [{"object": "embedding", "index": 0, "embedding": [0.5]}]
    assert [note.path for note in caller.notes] == ["user"]
    assert scene.transport.calls[0][1].path == "/models/embed-1:batchEmbedContents"
    record = scene.records.all[0]
    assert record.usage is not None
    assert (record.usage.input_tokens, record.notes) == (3, caller.notes)


async def test_more_inputs_than_the_vendor_takes_at_once_are_asked_for_in_several_calls() -> None:
    scene = RawScene(embedding_key("a"), embedding_key("b"), profile=GEMINI)
    batches = [{"embeddings": [{"values": [number]}] * count} for number, count in ((1, 100), (2, 1))]
    first, second = (answer(json.dumps(batch).encode()) for batch in batches)
    scene.transport.add(first, refusing(429, {"error": {"message": "no"}}), first, second)
    caller, failure = await scene.ask(input=["x"] * 101)
    assert (failure, scene.callers) == (None, ["a", "a", "b", "b"])
    vectors = [row["embedding"] for row in json.loads(caller.body)["data"]]
    assert vectors == [[1]] * 100 + [[2]]


@pytest.mark.parametrize("broken", [answer(b"{}"), ScriptedReply(body=(Piece(b'{"embeddings":'), Break()))])
async def test_what_cannot_be_told_in_the_clients_words_is_asked_of_another_key(broken: ScriptedReply) -> None:
    scene = RawScene(embedding_key("a"), embedding_key("b"), profile=GEMINI)
    scene.transport.add(broken, answer(VALUES))
    caller, failure = await scene.ask()
    assert (failure, scene.callers, b"0.5" in caller.body) == (None, ["a", "b"], True)


async def test_a_request_that_the_vendors_words_cannot_say_is_refused_unasked() -> None:
    scene = RawScene(embedding_key("k"), profile=GEMINI)
    _, failure = await scene.ask(input=[1, 2])
    assert failure is not None
    assert (failure.kind, failure.param, scene.transport.calls) == (FailureKind.INVALID_REQUEST, "input", [])


def test_whether_anybody_is_for_something_can_be_asked() -> None:
    scene = RawScene(embedding_key("a", models=()))
    assert (scene.gateway.serves(Capability.EMBEDDINGS), scene.gateway.serves(Capability.SPEECH)) == (True, False)
    speaks = KeyModel(id="speak-1", capabilities=(Capability.SPEECH,))
    assert RawScene(embedding_key("a", models=(speaks,))).gateway.serves(Capability.SPEECH)
    off = RawScene(embedding_key("a", status=KeyStatus.DISABLED))
    assert not off.gateway.serves(Capability.EMBEDDINGS)


async def test_an_answer_that_breaks_off_is_not_asked_for_again() -> None:
    scene = RawScene(embedding_key("a"), embedding_key("b"))
    scene.transport.add(ScriptedReply(body=(Piece(b"{"), Break())))
    caller, failure = await scene.ask()
    assert (caller.body, failure is None, scene.callers) == (b"{", False, ["a"])


async def test_a_model_of_the_accounts_and_one_of_nobody_are_not_found() -> None:
    scene = RawScene(embedding_key("a"))
    for model in ("gpt-5.4", "nobodys"):
        _, failure = await scene.ask(model)
        assert failure is not None
        assert failure.kind is FailureKind.MODEL_NOT_FOUND
    assert scene.transport.calls == []


async def test_a_model_that_is_not_for_this_and_a_vendor_that_has_no_such_endpoint_are_told() -> None:
    scene = RawScene(embedding_key("a"), key("s", models="speak-1", wire=Wire.CHAT))
    _, failure = await scene.ask("acme-1")
    assert failure is not None
    assert "not for this kind of request" in failure.message
    scene = RawScene(embedding_key("a", models=(KeyModel(id="speak-1", capabilities=(Capability.SPEECH,)),)))
    _, failure = await scene.ask("speak-1", RawEndpoint.SPEECH)
    assert failure is not None
    assert (failure.kind, failure.code) == (FailureKind.UNKNOWN_PATH, "unsupported_endpoint")


def test_whose_a_model_is_can_be_asked() -> None:
    scene = RawScene(embedding_key("a"))
    found = [scene.gateway.leads_to_vendor(model) for model in ("embed-1", "mine", "gpt-5.4", "nobodys", "")]
    assert found == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("tail", "counts"),
    [
        (b'..."usage":{"prompt_tokens":3,"total_tokens":3}}', (3, 0)),
        (b'"usage": {"input_tokens":1,"input_tokens_details":{"text_tokens":1},"output_tokens":9}, "x":1}', (1, 9)),
        (b'"usageMetadata": {"promptTokenCount": 4}}', (4, 0)),
        (b'"usage":{"type":"duration","seconds":3}}', None),
        (b'"usage":{"prompt_tokens":-3}}', None),
        (b'"usage":{broken}', None),
        (b"\x00\x01", None),
    ],
)
def test_token_counts_are_read_at_the_end(tail: bytes, counts: tuple[int, int] | None) -> None:
    usage = usage_at_end(tail)
    assert (None if usage is None else (usage.input_tokens, usage.output_tokens)) == counts


async def test_s_12_a_raw_request_is_admitted_and_settled_as_any_other() -> None:
    door = Doorkeeper()
    scene = RawScene(embedding_key("k"), admission=door)
    scene.transport.add(answer())
    caller, failure = await scene.ask("mine")
    assert failure is None
    assert caller.head is not None
    assert set(door.headers) <= set(caller.head[1])
    (wish,), (record,) = door.wishes, door.settled
    assert (wish.asked, wish.model, wish.vendor, wish.request, wish.is_form) == ("mine", "embed-1", "acme", None, False)
    assert wish.size_bytes > 0
    assert record == scene.records.all[0]


async def test_a_raw_request_that_is_not_admitted_asks_nobody() -> None:
    scene = RawScene(embedding_key("k"), admission=Doorkeeper(closed=True))
    _, failure = await scene.ask()
    assert (failure, scene.callers) == (REFUSED, [])
