"""Capsules are made and read."""

import json

import msgspec
import pytest

from codex_proxy.gateway.ports import AttemptRecord
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
from tests.operations.capsules.samples import asked_key, call, capsule
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
        {"vendor_keys": [{"rowId": "k1"}]},
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


def test_what_another_version_tells_beside_it_is_left_alone() -> None:
    content = json.loads(encode_capsule(capsule(call("x"))))
    content["cost"] = "0.1"
    content["record"]["costUsd"] = "0.1"
    content["exchange"]["calls"][0]["cost"] = {"usd": 1}
    content["exchange"]["answer"]["body"]["unknown"] = 1
    read = read_capsule(json.dumps(content).encode())
    assert read.exchange == capsule(call("x")).exchange
    assert read.record["costUsd"] == "0.1"


def test_an_older_capsule_without_vendors_is_read() -> None:
    content = json.loads(encode_capsule(capsule(call("x"))))
    del content["vendor_keys"]
    content["exchange"]["calls"][0].pop("accountId", None)
    assert read_capsule(json.dumps(content).encode()).vendor_keys == []


def test_vendor_keys_that_took_part_are_told_and_no_others() -> None:
    row = row_of(told(attempts=(AttemptRecord(account_row_id="k1", vendor="openai"),)), redact)
    facts = msgspec.structs.replace(FACTS, vendor_keys=(asked_key("k1"), asked_key("k2")))
    made = capsule_of(Entry(row=row, bodies=None), facts)
    assert [key.row_id for key in made.vendor_keys] == ["k1"]


@pytest.mark.parametrize("model", ["acme-1", "openai:something"])
def test_where_nobody_was_asked_those_are_told_that_the_name_leads_to(model: str) -> None:
    row = row_of(told(attempts=(), model_asked=model, model_used=model.removeprefix("openai:")), redact)
    facts = msgspec.structs.replace(FACTS, vendor_keys=(asked_key("k1"), asked_key("k2", vendor="groq", models=[])))
    made = capsule_of(Entry(row=row, bodies=None), facts)
    assert [key.row_id for key in made.vendor_keys] == ["k1"]
