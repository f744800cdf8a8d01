"""The image endpoints in the server role."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.protocols.base import AnswerIds, InvalidRequest
from codex_proxy.protocols.openai_images.form import FormPart
from codex_proxy.protocols.openai_images.schema import Task
from codex_proxy.protocols.openai_images.server import ImagesServer
from codex_proxy.simulator.unscripted.pictures import draw
from tests.laws.answers import JSON_VALUES

IDS = AnswerIds(token="t", created_at=9, request_id="req")
CODEC = ImagesServer(Task.GENERATE)
CALL = "image_generation_call"
NAMES = ["prompt", "n", "size", "quality", "background", "output_format", "output_compression", "moderation", "image"]


def picture(block: int, **members: str) -> list[ev.Event]:
    item = {"type": CALL, "result": f"p{block}"} | members
    return [ev.HostedStarted(block=block, kind=CALL, item={}), ev.HostedEnded(block=block, kind=CALL, item=item)]


def whole(*events: ev.Event, **asked: Any) -> tuple[int, Any]:
    body = json.dumps({"prompt": "a cat"} | asked).encode()
    request = CODEC.parse_request(body, headers={}).request
    reply = CODEC.encode_response(request, fold(events), IDS)
    return reply.status, json.loads(reply.body)


END = ev.ResponseEnded(ending=ev.Completed())


def test_a_whole_answer_shows_every_picture_in_order() -> None:
    usage = ev.UsageReported(usage=Usage(image=ImageUsage(input_tokens=1, output_tokens=2, total_tokens=3)))
    status, body = whole(*picture(0, revised_prompt="a grey cat"), *picture(1), usage, END, quality="low")
    assert status == 200
    assert body == {
        "created": 9,
        "data": [{"b64_json": "p0", "revised_prompt": "a grey cat"}, {"b64_json": "p1"}],
        "background": "auto",
        "output_format": "png",
        "quality": "low",
        "size": "auto",
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"text_tokens": 1, "image_tokens": 0},
            "output_tokens": 2,
            "total_tokens": 3,
        },
    }


def test_counts_that_nobody_told_are_not_made_up() -> None:
    _, body = whole(*picture(0), ev.UsageReported(usage=Usage(input_tokens=5)), END)
    assert "usage" not in body


def test_a_link_stands_in_place_of_the_data() -> None:
    _, body = whole(*picture(0, url="http://a/images/b.png", result=""), END)
    assert body["data"] == [{"url": "http://a/images/b.png"}]


def test_an_answer_without_a_picture_or_an_end_is_a_failure() -> None:
    failed = ev.ResponseEnded(ending=ev.Failed(failure=Failure(kind=FailureKind.USAGE_LIMIT, message="used up")))
    assert whole(END)[0] == 502
    assert whole(*picture(0))[1]["error"]["code"] == "stream_disconnected"
    assert (whole(*picture(0), failed)[0], whole(failed)[1]["error"]["message"]) == (429, "used up")


def test_a_failure_has_openais_shape() -> None:
    failure = Failure(kind=FailureKind.IMAGE_UNAVAILABLE, message="m")
    reply = CODEC.encode_failure(failure, request_id="req")
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["code"]) == (403, "image_generation_unavailable")


def test_a_stream_is_opened_for_what_was_asked() -> None:
    request = (
        ImagesServer(Task.EDIT)
        .parse_form(
            (
                FormPart(name="image", content=base64.b64decode(draw("png", "a"))),
                FormPart(name="prompt", content=b"hat"),
            )
        )
        .request
    )
    stream = ImagesServer(Task.EDIT).open_stream(request, IDS)
    assert b"image_edit.partial_image" in stream.encode([ev.ImagePartial(block=0, data="x", index=0)])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        CODEC.parse_request(body, headers={})


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), JSON_VALUES, max_size=6), st.sampled_from(Task))
def test_any_members_are_read_or_refused(members: dict[str, Any], task: Task) -> None:
    body = json.dumps({"prompt": "x"} | members).encode()
    with contextlib.suppress(InvalidRequest):
        assert ImagesServer(task).parse_request(body, headers={}).request.pictures_only
