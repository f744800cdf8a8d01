"""Prompts to be cached, answered without anybody being asked."""

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import Sampling
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import Accepted
from codex_proxy.gateway.prompts.warming import NOT_ASKED, Warming
from tests.gateway.scene import Client, Scene, answering, exchange


async def asked(scene: Scene, max_tokens: int | None, model: str = "gpt-5.4") -> tuple[Client, Failure | None]:
    client = Client()
    wanted = exchange(model=model, sampling=Sampling(max_tokens=max_tokens))
    return client, await Warming(scene.gateway).run(wanted, client)


async def test_no_tokens_are_an_empty_answer_and_no_call() -> None:
    scene = Scene(accounts="")
    client, failure = await asked(scene, 0)
    assert failure is None
    assert client.ending == ev.Incomplete(reason="max_output_tokens")
    answer = fold(client.events)
    assert (answer.parts, answer.usage) == ((), Usage())
    assert client.facts == Accepted(model="gpt-5.4", account_row_id=None, notes=(NOT_ASKED,))
    assert scene.callers == []


async def test_every_other_number_is_the_gateways_matter() -> None:
    for max_tokens in (None, 1):
        scene = Scene()
        scene.transport.add(answering("hello"))
        client, failure = await asked(scene, max_tokens)
        assert (failure, client.text) == (None, "hello")


async def test_an_unknown_model_is_refused_as_ever() -> None:
    client, failure = await asked(Scene(), 0, model="nobodys-model")
    assert failure is not None
    assert failure.kind is FailureKind.MODEL_NOT_FOUND
    assert (client.events, client.facts) == ([], None)
