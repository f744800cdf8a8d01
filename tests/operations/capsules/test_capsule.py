"""Capsules are made and read."""

import json

import pytest

from codex_proxy.operations.capsules.capsule import (
    FORMAT,
    MOST_BYTES,
    MOST_CALLS,
    VERSION,
    CapsuleUnusable,
    Facts,
    Product,
    capsule_of,
    encode_capsule,
    read_capsule,
)
from codex_proxy.operations.request_log.capturing.bodies import bodies_of
from codex_proxy.operations.request_log.capturing.capture import Body, Capture, CapturedCall, CapturedMessage
from codex_proxy.operations.request_log.rows import row_of
from codex_proxy.operations.request_log.store import Entry
from tests.operations.capsules.samples import call, capsule
from tests.operations.request_log.samples import BROKEN, SECRET, redact, told

FACTS = Facts(made_at="now", product=Product(version="1", python="3", platform="x"), config={"model.default": "m"})


def captured() -> Capture:
    def message(status: int | None = None) -> CapturedMessage:
        body = Body(10)
        body.add(SECRET.encode())
        return CapturedMessage(body, method="" if status else "POST", status=status)

    picture = CapturedMessage(Body(10), status=200, headers=(("content-type", "image/png"),))
    picture.body.add(b"png")
    return Capture(10, 0.0, message(), message(200), [CapturedCall(message(), picture, 0.1, BROKEN)])


def test_what_the_log_keeps_becomes_a_capsule_and_is_read_again() -> None:
    made = capsule_of(Entry(row=row_of(told(), redact), bodies=bodies_of(captured(), redact)), FACTS)
    assert read_capsule(encode_capsule(made)) == made
    assert SECRET not in encode_capsule(made).decode()
    assert (made.format, made.version, made.record["id"]) == (FORMAT, VERSION, "req_1")
    assert made.exchange is not None
    [each] = made.exchange.calls
    assert (each.failure is not None, each.reply.body.type, each.reply.body.whole) == (True, "image/png", None)
    assert capsule_of(Entry(row=row_of(told(), redact), bodies=None), FACTS).exchange is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": "something else"},
        {"version": 2},
        {"version": "1"},
        {"made_at": "x" * 5000},
        {"unknown": 1},
        {"config": []},
        {"exchange": {"request": 1}},
    ],
)
def test_what_is_no_capsule_is_refused(change: dict[str, object]) -> None:
    content = json.loads(encode_capsule(capsule(call())))
    with pytest.raises(CapsuleUnusable):
        read_capsule(json.dumps(content | change).encode())


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000, b"{}", b"x" * (MOST_BYTES + 1)])
def test_hostile_files_are_refused(content: bytes) -> None:
    with pytest.raises(CapsuleUnusable):
        read_capsule(content)


def test_too_many_calls_are_refused() -> None:
    with pytest.raises(CapsuleUnusable):
        read_capsule(encode_capsule(capsule(*[call()] * (MOST_CALLS + 1))))
