"""Bodies of text completions."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Reasoning, Request, Role, Sampling, SessionHints, Turn
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.openai_completions.request import parse_request


def parse(headers: dict[str, str] | None = None, **members: Any) -> ParsedRequest:
    return parse_request(json.dumps({"model": "m", "prompt": "x"} | members).encode(), headers or {})


def user(text: str) -> Turn:
    return Turn(role=Role.USER, blocks=(Text(text=text),))


def test_a_prompt_is_a_users_message_and_thoughts_are_not_asked_for() -> None:
    parsed = parse(prompt="Once upon")
    assert parsed.request == Request(
        dialect=Dialect.OPENAI_COMPLETIONS,
        model="m",
        turns=(user("Once upon"),),
        reasoning=Reasoning(visible=False),
        knows_tools=False,
    )
    assert parsed.notes == ()


def test_a_list_of_one_is_that_one() -> None:
    assert parse(prompt=["a"]) == parse(prompt="a")


def test_several_prompts_are_one_conversation_and_said_to_be() -> None:
    parsed = parse(prompt=["a", "b"])
    assert parsed.request.turns == (user("a"), user("b"))
    ((path, verdict, weight),) = [(note.path, note.verdict, note.weight) for note in parsed.notes]
    assert (path, verdict, weight) == ("prompt", Verdict.APPROXIMATED, Weight.LOSSY)


@pytest.mark.parametrize(
    ("members", "path", "code"),
    [
        ({"prompt": None}, "prompt", "missing_required_parameter"),
        ({"prompt": []}, "prompt", "missing_required_parameter"),
        ({"prompt": 7}, "prompt", "unsupported_value"),
        ({"prompt": [1, 2]}, "prompt", "unsupported_value"),
        ({"prompt": [[1, 2]]}, "prompt", "unsupported_value"),
        ({"prompt": {"a": 1}}, "prompt", "invalid_type"),
        ({"prompt": True}, "prompt", "invalid_type"),
        ({"prompt": ["a", None]}, "prompt[1]", "invalid_type"),
        ({"suffix": "the end"}, "suffix", "unsupported_value"),
        ({"echo": True}, "echo", "unsupported_value"),
        ({"n": 2}, "n", "unsupported_value"),
        ({"best_of": 3}, "best_of", "unsupported_value"),
        ({"logprobs": True}, "logprobs", "invalid_type"),
        ({"stop": 7}, "stop", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(members: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(**members)
    assert (caught.value.path, caught.value.code) == (path, code)


def test_harmless_values_of_what_is_refused_pass() -> None:
    assert parse(suffix=None, echo=False, n=1, best_of=1, logprobs=None) == parse()


def test_probabilities_are_not_told_even_if_none_beside_the_chosen_is_wanted() -> None:
    (note,) = parse(logprobs=0).notes
    assert note == Note(
        path="logprobs", verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail="probabilities are not told"
    )


def test_sampling_streaming_session_and_the_rest() -> None:
    request = parse(
        {"x-session-id": "s"},
        temperature=0.5,
        max_tokens=16,
        stop=["\n", ""],
        stream=True,
        stream_options={"include_usage": True},
        user="u",
        reasoning_effort="low",
        service_tier="flex",
        new_member=1,
        silent=None,
    ).request
    assert request.sampling == Sampling(temperature=0.5, max_tokens=16, stop=("\n",))
    assert (request.stream, request.include_usage) == (True, True)
    assert request.session == SessionHints(conversation_id="s", user="u")
    assert (request.reasoning.effort, request.service_tier) == ("low", "flex")
    assert request.extra == {"new_member": 1}


def test_an_unknown_effort_is_noted() -> None:
    parsed = parse(reasoning_effort="furious")
    assert parsed.request.reasoning.effort is None
    assert [note.path for note in parsed.notes] == ["reasoning_effort"]
