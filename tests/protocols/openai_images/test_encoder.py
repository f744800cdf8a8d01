"""Pictures as a stream."""

import json
from typing import Any

from hypothesis import given

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.framing.sse import Frame, SseDecoder
from codex_proxy.protocols.openai_images.encoder import ImagesEncoder
from codex_proxy.protocols.openai_images.schema import Task, Wanted
from tests.laws.answers import answers, disorders

CALL = "image_generation_call"
STARTED = ev.HostedStarted(block=0, kind=CALL, item={"type": CALL})
PREVIEW = ev.ImagePartial(block=0, data="cHJl", index=0)
DONE = ev.HostedEnded(block=0, kind=CALL, item={"type": CALL, "result": "cGlj", "size": "1024x1024"})
COUNTED = ev.UsageReported(
    usage=Usage(image=ImageUsage(input_tokens=3, text_input_tokens=3, output_tokens=4, total_tokens=7))
)
END = ev.ResponseEnded(ending=ev.Completed())
LOOKS = {"background": "auto", "output_format": "png", "quality": "auto", "size": "auto"}


def encoder(**wanted: Any) -> ImagesEncoder:
    return ImagesEncoder(Wanted(**wanted), created_at=5)


def told(stream: ImagesEncoder, *events: ev.Event) -> list[Any]:
    raw = b"".join([stream.encode([event]) for event in events]) + stream.finish()
    framer = SseDecoder()
    frames = [*framer.feed(raw), *framer.end()]
    assert [frame.event for frame in frames] == [json.loads(frame.data)["type"] for frame in frames]
    return [json.loads(frame.data) for frame in frames]


def test_previews_come_at_once_and_the_picture_with_its_counts() -> None:
    stream = encoder()
    assert b"cHJl" in stream.encode([STARTED, PREVIEW])
    assert stream.encode([DONE]) == b""
    (completed,) = told(stream, COUNTED, END)
    assert completed == LOOKS | {
        "type": "image_generation.completed",
        "created_at": 5,
        "b64_json": "cGlj",
        "size": "1024x1024",
        "usage": {
            "input_tokens": 3,
            "input_tokens_details": {"text_tokens": 3, "image_tokens": 0},
            "output_tokens": 4,
            "total_tokens": 7,
        },
    }


def test_a_preview_says_which_it_is_and_how_the_picture_will_look() -> None:
    preview, _ = told(encoder(size="1536x1024"), STARTED, PREVIEW, DONE, END)
    assert preview == LOOKS | {
        "type": "image_generation.partial_image",
        "created_at": 5,
        "b64_json": "cHJl",
        "partial_image_index": 0,
        "size": "1536x1024",
    }


def test_edits_have_their_own_names() -> None:
    events = told(encoder(task=Task.EDIT), STARTED, PREVIEW, DONE, END)
    assert [event["type"] for event in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_of_several_pictures_the_last_carries_the_counts() -> None:
    second = ev.HostedEnded(block=1, kind=CALL, item={"result": "dHdv"})
    first, last = told(encoder(), DONE, second, COUNTED, END)
    assert ("usage" in first, "usage" in last) == (False, True)
    assert (first["b64_json"], last["b64_json"]) == ("cGlj", "dHdv")


def test_a_failed_or_broken_stream_ends_with_an_error_and_nothing_else() -> None:
    failed = ev.ResponseEnded(ending=ev.Failed(failure=Failure(kind=FailureKind.POLICY, message="no")))
    (error,) = told(encoder(), DONE, failed)
    assert (error["type"], error["error"]["message"]) == ("error", "no")
    assert error["error"]["code"] == "content_policy_violation"
    (broken,) = told(encoder(), DONE)
    assert broken["error"]["code"] == "stream_disconnected"
    (empty,) = told(encoder(), END)
    assert empty["error"]["code"] == "empty_answer"


def test_after_its_end_a_stream_says_nothing() -> None:
    stream = encoder()
    told(stream, DONE, END)
    assert stream.encode([PREVIEW, END], Frame("x", b"{}")) == b""
    assert stream.fail(Failure(kind=FailureKind.TIMEOUT, message="m")) == b""
    assert (stream.repairs, stream.notes) == (0, ())


def test_a_heartbeat_is_a_comment() -> None:
    assert encoder().heartbeat().startswith(b":")
    assert encoder().content_type.startswith("text/event-stream")


@given(events=answers())
def test_every_answer_becomes_a_legal_stream(events: list[ev.Event]) -> None:
    _check(events)


@given(events=disorders())
def test_every_disorder_becomes_a_legal_stream(events: list[ev.Event]) -> None:
    _check(events)


def _check(events: list[ev.Event]) -> None:
    stream = encoder()
    names = [event["type"] for event in told(stream, *events)]
    assert stream.repairs == 0
    last = names[-1]
    assert last in {"error", "image_generation.completed"}
    between = {"image_generation.partial_image", "image_generation.completed"}
    assert set(names[:-1]) <= between
    previews = [name == "image_generation.partial_image" for name in names if name != "error"]
    assert previews == sorted(previews, reverse=True)
