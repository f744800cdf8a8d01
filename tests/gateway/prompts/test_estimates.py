"""Prompts estimated when a stream opens, and what is learnt when it is over."""

import msgspec
import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Dialect, Request, Role, SessionHints, Turn
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import PromptEstimate
from codex_proxy.gateway.prompts.estimates import PromptEstimates
from tests.gateway.scene import Scene, answering, exchange
from tests.gateway.test_observers import RECORD


def estimates(*, trust_user_field: bool = False) -> PromptEstimates:
    """Estimates by the length of the last text."""
    return PromptEstimates(size=size_of, monotonic=lambda: 5.0, trust_user_field=lambda: trust_user_field)


def size_of(request: Request) -> int:
    block = request.turns[-1].blocks[-1]
    assert isinstance(block, Text)
    return len(block.text)


def request(text: str, conversation: str | None = "talk", user: str | None = None) -> Request:
    turn = Turn(role=Role.USER, blocks=(Text(text=text),))
    hints = SessionHints(conversation_id=conversation, user=user)
    return Request(dialect=Dialect.ANTHROPIC, model="m", turns=(turn,), session=hints)


def test_the_first_prompt_goes_by_its_size_the_second_by_what_the_first_counted() -> None:
    prompts = estimates()
    first = prompts.of(request("x" * 10), client_key_id="key")
    assert first == PromptEstimate(conversation=("key", "talk"), sized_tokens=10, expected_tokens=10)
    prompts.finished(msgspec.structs.replace(RECORD, prompt=first, usage=Usage(input_tokens=500)))
    assert prompts.of(request("x" * 13), client_key_id="key").expected_tokens == 503
    assert prompts.of(request("x" * 13), client_key_id="other").expected_tokens == 13


def test_a_conversation_without_an_id_is_known_by_its_beginning() -> None:
    prompts = estimates()
    begun = prompts.of(request("hello", None), client_key_id="key")
    assert begun.conversation is not None
    assert begun.conversation == prompts.of(request("hello", None), client_key_id="key").conversation
    assert begun.conversation != prompts.of(request("other", None), client_key_id="key").conversation


def test_a_user_names_a_conversation_where_the_owner_says_so() -> None:
    asked = request("x", None, user="alice")
    assert estimates(trust_user_field=True).of(asked, client_key_id="key").conversation == ("key", "alice")
    assert estimates().of(asked, client_key_id="key").conversation != ("key", "alice")


def test_a_prompt_of_no_conversation_is_not_remembered() -> None:
    prompts = estimates()
    lone = prompts.of(request("", None), client_key_id="key")
    assert lone.conversation is None
    prompts.finished(msgspec.structs.replace(RECORD, prompt=lone, usage=Usage(input_tokens=500)))
    assert prompts.of(request("", None), client_key_id="key").expected_tokens == 0


@pytest.mark.parametrize("usage", [None, Usage(), Usage(input_tokens=500, estimated=True)])
def test_only_counts_of_an_upstream_are_learnt(usage: Usage | None) -> None:
    prompts = estimates()
    first = prompts.of(request("x" * 10), client_key_id="key")
    prompts.finished(msgspec.structs.replace(RECORD, prompt=first, usage=usage))
    prompts.finished(msgspec.structs.replace(RECORD, usage=Usage(input_tokens=500)))
    assert prompts.of(request("x" * 10), client_key_id="key").expected_tokens == 10


async def test_the_gateway_tells_what_a_prompt_counted() -> None:
    prompts = estimates()
    scene = Scene(observer=prompts)
    scene.transport.add(answering("hello"))
    asked = exchange(conversation="talk")
    prompt = prompts.of(asked.request, client_key_id="key")
    await scene.gateway.run(msgspec.structs.replace(asked, prompt=prompt), _Nobody())
    assert prompts.of(asked.request, client_key_id="key").expected_tokens == 3 != prompt.expected_tokens


class _Nobody:
    """Takes an answer."""

    def accepted(self, accepted: object) -> None:
        pass

    async def deliver(self, steps: object) -> None:
        pass
