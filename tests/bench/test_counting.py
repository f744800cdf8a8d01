"""The counting bench asks what it says it asks, and gives each burst its own gaps."""

import json

import pytest

from bench.counting.burst import build_requests
from bench.counting.run import COUNTED, QUIET, Burst, Seen, requests_of
from bench.questions import Endpoint

ENDPOINT = Endpoint(port=1, path="/", dialect="chat", key="k")


def test_requests_are_whole_differ_and_have_the_size_asked_for() -> None:
    requests = build_requests(ENDPOINT, count=3, text_bytes=2000, seed=1)
    bodies = [request.partition(b"\r\n\r\n")[2] for request in requests]
    assert len(set(bodies)) == 3
    for request, body in zip(requests, bodies, strict=True):
        assert f"content-length: {len(body)}\r\n".encode() in request
        text = json.loads(body)["input"][0]["content"]
        assert 1000 < len(text) < 4000


def test_an_illegal_request_is_no_json() -> None:
    (request,) = build_requests(ENDPOINT, count=1, text_bytes=100, seed=1, legal=False)
    with pytest.raises(json.JSONDecodeError):
        json.loads(request.partition(b"\r\n\r\n")[2])


def test_a_quiet_lane_asks_nothing() -> None:
    assert requests_of(ENDPOINT, QUIET, seed=1) == []
    assert len(requests_of(ENDPOINT, COUNTED, seed=1)) == 25


def test_a_burst_has_the_gaps_that_ended_after_it() -> None:
    bursts = [Burst(lane=QUIET, started=start, answer_seconds=0) for start in (1.0, 2.0)]
    seen = Seen(gaps=[(0.9, 0.005), (1.0, 0.007), (1.2, 0.006), (1.5, 0.1), (2.1, 0.008)], bursts=bursts)
    seen.sort_gaps(0.3)
    assert [each.gaps_ms for each in bursts] == [pytest.approx([6, 7]), pytest.approx([8])]
