"""What vendors were asked and what they answered."""

from typing import Any

from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.sections.vendors import Wire
from codex_proxy.simulator.vendors.journal import MAX_BYTES, MAX_CALLS, VendorJournal, noting
from tests.simulator.vendors.asking import KEY, vendors


def incoming(raw: bytes = b"") -> Incoming:
    return Incoming(
        method="POST",
        path="/vendors/acme/v1/responses",
        query="",
        pairs=(("Authorization", "Bearer k"),),
        headers={},
        raw=raw,
        scheme="http",
        http_version="1.1",
        address="",
    )


def test_calls_are_counted_by_vendor_key_and_endpoint() -> None:
    journal = VendorJournal()
    counted = []
    for vendor, key, endpoint in (("a", "k", "x"), ("a", "k", "x"), ("a", "k", "y"), ("a", "l", "x"), ("b", "k", "x")):
        call = journal.open(incoming(), vendor=vendor, at=1.0)
        journal.assign(call, key=key, endpoint=endpoint)
        counted.append(call.account_ordinal)
    assert counted == [1, 2, 1, 1, 1]
    assert [call.ordinal for call in journal.calls()] == [1, 2, 3, 4, 5]
    assert journal.calls()[0].headers == [("Authorization", "Bearer k")]
    journal.clear()
    call = journal.open(incoming(), vendor="a", at=1.0)
    journal.assign(call, key="k", endpoint="x")
    assert (call.ordinal, call.account_ordinal) == (6, 1)


def test_the_oldest_calls_go() -> None:
    journal = VendorJournal()
    for _ in range(MAX_CALLS + 2):
        journal.open(incoming(), vendor="a", at=1.0)
    assert [call.ordinal for call in journal.calls()][:1] == [3]
    large = bytes(MAX_BYTES // 2 + 1)
    for _ in range(2):
        journal.open(incoming(large), vendor="a", at=1.0)
    assert [call.ordinal for call in journal.calls()] == [MAX_CALLS + 4]


async def test_what_is_sent_is_kept_and_passed_on() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    call = VendorJournal().open(incoming(), vendor="a", at=1.0)
    note = noting(send, call)
    messages: list[Any] = [
        {"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]},
        {"type": "http.response.body", "body": b"one ", "more_body": True},
        {"type": "http.response.body", "body": b"two"},
    ]
    for message in messages:
        await note(message)
    assert (call.reply_headers, bytes(call.answered), sent) == ([("x-a", "b")], b"one two", messages)


async def test_both_sides_of_a_call_byte_for_byte() -> None:
    async with vendors() as stage:
        replies = [await stage.ask(wire, "hello", stream=stream) for wire in Wire for stream in (False, True)]
        calls = await stage.calls()
        await stage.client.post(f"{stage.backend}/__vendors/clear")
        assert await stage.calls() == []
    assert [call["answered"] for call in calls] == [reply.content for reply in replies]
    assert [call["raw"] for call in calls] == [reply.request.content for reply in replies]
    for call, reply in zip(calls, replies, strict=True):
        assert (call["status"], call["key"], call["ended"]) == (200, KEY, True)
        assert KEY in str(call["headers"])
        assert call["path"] == reply.request.url.path
        assert dict(call["reply_headers"])["content-type"] == reply.headers["content-type"]
    assert [call["vendor"] for call in calls] == [wire.value for wire in Wire for _ in range(2)]
