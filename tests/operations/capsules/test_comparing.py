"""Whether two runs came to the same."""

import msgspec

from codex_proxy.operations.capsules.comparing import (
    Outcome,
    Sent,
    differences,
    not_compared,
    outcome_of,
)

ONE = '{"id":"chatcmpl-abc","created":1795722898,"choices":[{"message":{"content":"hello"}}]}'
OTHER = '{"id":"chatcmpl-xyz","created":1795799999,"choices":[{"message":{"content":"hello"}}]}'

_HOSTS = frozenset({"a.example"})


def test_what_differs_is_named_with_its_place() -> None:
    then = Outcome(status=200, failure=None, attempts=("answered",), usage={"inputTokens": 1}, answer=ONE)
    assert list(differences(then, msgspec.structs.replace(then, answer=OTHER))) == []
    now = msgspec.structs.replace(then, status=502, failure="timeout", answer=ONE.replace("hello", "good day"))
    told = list(differences(then, now))
    assert [each.what for each in told] == ["status", "failure", "the client's answer"]
    assert (told[0].then, told[0].now, told[1].then) == ("200", "502", "nothing")
    assert "good day" in told[2].now
    assert list(differences(msgspec.structs.replace(then, answer=None), then)) == []


def test_a_record_from_anybody_is_an_outcome() -> None:
    record = {"status": "x", "failure": 3, "attempts": [{"outcome": "answered"}, 7], "usage": []}
    told = outcome_of(record, None)
    assert told == Outcome(status=None, failure=None, attempts=("codex: answered",), usage=None, answer=None)
    assert outcome_of({"attempts": 1}, "a").attempts == ()


def test_what_vendors_were_sent_is_compared_wherever_they_were() -> None:
    then = outcome_of({}, None, [Sent(place="https://acme.example/v1/chat/completions", body='{"seed":1}')])
    same = outcome_of({}, None, [Sent(place="/chat/completions", body='{"seed":1}')])
    assert list(differences(then, same)) == []
    other = outcome_of({}, None, [Sent(place="/responses", body='{"seed":2}')])
    assert [each.what for each in differences(then, other)] == ["where vendor call 1 went", "what vendor call 1 sent"]


def test_who_was_asked_and_where_vendors_were_matters_as_far_as_it_says_something() -> None:
    then = outcome_of({"attempts": [{"provider": "acme", "outcome": "answered"}]}, "a.example said no", (), _HOSTS)
    now = outcome_of({"attempts": [{"provider": "codex", "outcome": "answered"}]}, "127.0.0.1 said no")
    assert [each.what for each in differences(then, msgspec.structs.replace(now, hosts=frozenset({"127.0.0.1"})))] == [
        "attempts"
    ]
    assert [each.what for each in differences(then, now)] == ["attempts", "the client's answer"]


def test_members_that_one_version_tells_are_no_difference() -> None:
    then = outcome_of({"usage": {"inputTokens": 1}}, None)
    assert list(differences(then, outcome_of({"usage": {"inputTokens": 1, "costUsd": "0.1"}}, None))) == []
    assert [each.what for each in differences(then, outcome_of({"usage": {"inputTokens": 2}}, None))] == ["usage"]


def test_what_was_not_kept_whole_is_named() -> None:
    then = outcome_of({}, None, [Sent(place="/x", body=None)])
    now = outcome_of({}, "answer", [Sent(place="/x", body="{}")])
    assert list(differences(then, now)) == []
    assert list(not_compared(then, now)) == ["the client's answer", "what vendor call 1 sent"]
    assert list(not_compared(now, now)) == []
