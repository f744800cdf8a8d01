"""Members that requests of OpenAI's completion dialects share."""

from typing import Any

import pytest

from codex_proxy.canonical.notes import Verdict, Weight
from codex_proxy.canonical.request import Sampling
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.openai.asking import (
    no_probabilities,
    parse_sampling,
    parse_streaming,
    refuse_several,
)


@pytest.mark.parametrize("value", [0, 2, 3.0])
def test_any_count_of_answers_but_one_is_refused(value: float) -> None:
    with pytest.raises(InvalidRequest) as caught:
        refuse_several(Fields({"best_of": value}), "best_of")
    assert (caught.value.path, caught.value.code) == ("best_of", "unsupported_value")


@pytest.mark.parametrize("members", [{}, {"n": None}, {"n": 1}, {"n": 1.0}])
def test_one_answer_is_what_there_is(members: dict[str, Any]) -> None:
    fields = Fields(members)
    refuse_several(fields, "n")
    assert fields.rest() == {}


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, (False, False)),
        ({"stream": True}, (True, False)),
        ({"stream": True, "stream_options": {"include_usage": True}}, (True, True)),
        ({"stream": False, "stream_options": {}, "usage": {"include": True}}, (False, True)),
        ({"stream": None, "usage": {"include": "yes"}}, (False, False)),
        ({"usage": "odd"}, (False, False)),
    ],
)
def test_streaming(members: dict[str, Any], told: tuple[bool, bool]) -> None:
    fields = Fields(members)
    assert parse_streaming(fields) == (*told, {})
    assert fields.rest() == {}


def test_what_else_is_said_of_streams_is_told() -> None:
    fields = Fields({"stream_options": {"include_usage": False, "include_obfuscation": True, "unset": None}})
    assert parse_streaming(fields) == (False, False, {"stream_options.include_obfuscation": True})


def test_sampling_in_every_spelling() -> None:
    told: dict[str, Any] = {"temperature": 0, "top_p": 0.5, "top_k": 3, "presence_penalty": 1, "frequency_penalty": -1}
    fields = Fields(told | {"random_seed": 4, "logit_bias": {"1": 2}, "max_output_tokens": 9, "stop": "x", "other": 1})
    assert parse_sampling(fields) == Sampling(**told, seed=4, logit_bias={"1": 2}, max_tokens=9, stop=("x",))
    assert fields.rest() == {"other": 1}
    newer = Fields({"max_completion_tokens": 1, "max_tokens": 2, "seed": 3, "random_seed": 4})
    assert parse_sampling(newer) == Sampling(max_tokens=1, seed=3)


@pytest.mark.parametrize(
    ("stop", "stops"), [(None, ()), ("", ()), ("a", ("a",)), ([], ()), (["a", "", "b"], ("a", "b"))]
)
def test_stops(stop: Any, stops: tuple[str, ...]) -> None:
    assert parse_sampling(Fields({"stop": stop})).stop == stops


@pytest.mark.parametrize("stop", [7, {"a": 1}, ["a", 7]])
def test_stops_that_are_no_strings(stop: Any) -> None:
    with pytest.raises(InvalidRequest, match="stop: expected"):
        parse_sampling(Fields({"stop": stop}))


def test_probabilities_that_are_missing_are_a_loss() -> None:
    note = no_probabilities("logprobs")
    assert (note.path, note.verdict, note.weight) == ("logprobs", Verdict.DROPPED, Weight.LOSSY)
