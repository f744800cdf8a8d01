"""The objects of the wire, as the official SDK reads them."""

from openai.types import Completion

from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.openai_completions.schema import GRAMMAR, choice_object, completion_object
from codex_proxy.protocols.parts.legality import Legality

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")


def test_the_sdk_reads_the_object() -> None:
    told = completion_object(IDS, "m") | {"choices": [choice_object("hi", "stop")]}
    read = Completion.model_validate(told)
    assert (read.id, read.created, read.model, read.object) == ("cmpl-" + "t" * 24, 7, "m", "text_completion")
    assert (read.choices[0].text, read.choices[0].finish_reason, read.choices[0].logprobs) == ("hi", "stop", None)


def test_nothing_but_counts_and_the_terminator_follows_the_end() -> None:
    machine = Legality(GRAMMAR)
    tokens = ["open", "text", "finish", "text", "usage", "done", "finish"]
    assert [machine.accept(token) for token in tokens] == [True, True, True, False, True, True, False]


def test_an_error_may_come_first() -> None:
    assert Legality(GRAMMAR).accept("error")
