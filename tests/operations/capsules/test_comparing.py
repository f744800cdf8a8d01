"""Whether two runs came to the same."""

import msgspec

from codex_proxy.operations.capsules.comparing import Outcome, differences, essence, outcome_of

ONE = '{"id":"chatcmpl-abc","created":1795722898,"choices":[{"message":{"content":"hello"}}]}'
OTHER = '{"id":"chatcmpl-xyz","created":1795799999,"choices":[{"message":{"content":"hello"}}]}'


def test_ids_times_and_heartbeats_are_no_difference() -> None:
    assert essence(ONE) == essence(OTHER)
    assert essence(": waiting\n\ndata: x\n\n") == essence("data: x\n\n")
    assert essence('{"text":"resp_1 and call_2"}') == essence('{"text":"resp_3 and call_4"}')
    assert essence('{"total_duration":12}') == essence('{"total_duration":14}')
    assert essence(ONE) != essence(ONE.replace("hello", "good day"))


def test_what_differs_is_named_with_its_place() -> None:
    then = Outcome(status=200, failure=None, attempts=("answered",), usage={"inputTokens": 1}, answer=ONE)
    assert list(differences(then, msgspec.structs.replace(then, answer=OTHER))) == []
    now = msgspec.structs.replace(then, status=502, failure="timeout", answer=ONE.replace("hello", "good day"))
    told = list(differences(then, now))
    assert [each.what.partition(",")[0] for each in told] == ["status", "failure", "answer"]
    assert (told[0].then, told[0].now, told[1].then) == ("200", "502", "nothing")
    assert "good day" in told[2].now
    assert list(differences(msgspec.structs.replace(then, answer=None), then)) == []


def test_a_record_from_anybody_is_an_outcome() -> None:
    record = {"status": "x", "failure": 3, "attempts": [{"outcome": "answered"}, 7], "usage": []}
    told = outcome_of(record, None)
    assert told == Outcome(status=None, failure=None, attempts=("answered",), usage=None, answer=None)
    assert outcome_of({"attempts": 1}, "a").attempts == ()
