"""Exchanges and rows that tests of the log share."""

from typing import Any

import msgspec

from codex_proxy.accounts.choice.explanation import Choice, Explanation, PassedOver
from codex_proxy.accounts.choice.need import Basis, Need
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord, ExchangeRecord
from codex_proxy.operations.request_log.items import Answered, Item, Told
from codex_proxy.operations.request_log.rows import Row
from tests.gateway.test_observers import RECORD

SECRET = "a-secret-that-nobody-sees"
LIMITED = Failure(kind=FailureKind.USAGE_LIMIT, message=f"limit of {SECRET}", status=429, code="usage_limit_reached")
BROKEN = Failure(kind=FailureKind.UPSTREAM_ERROR, message=f"it broke at 17 for {SECRET}", status=500)


def redact(text: str) -> str:
    return text.replace(SECRET, "[redacted]")


def exchange(request_id: str = "req_1", **members: Any) -> ExchangeRecord:
    usual: dict[str, Any] = {
        "request_id": request_id,
        "model_used": "gpt-5.4",
        "attempts": (
            AttemptRecord(account_row_id="a", failure=LIMITED, duration_seconds=0.5),
            AttemptRecord(
                account_row_id="b",
                egress_name="home",
                started_seconds=0.5,
                duration_seconds=1.5,
                waited_seconds=0.25,
                headers_seconds=0.3,
            ),
        ),
        "usage": Usage(input_tokens=30, cached_tokens=10, output_tokens=20, reasoning_tokens=5),
        "notes": (Note(path="stop", verdict=Verdict.EMULATED, detail=SECRET),),
        "first_content_seconds": 1.0,
        "duration_seconds": 2.0,
        "started_at": 1_000.0,
        "streamed": True,
    }
    return msgspec.structs.replace(RECORD, **(usual | members))


EXPLANATION = Explanation(
    request_id="req_1",
    need=Need(model="gpt-5.4", client_key_id="key"),
    choices=(
        Choice(
            at=1_000.0,
            pool_version=3,
            chosen="a",
            basis=Basis.STRATEGY,
            passed_over={"cooling": 1},
            details=(PassedOver(row_id="c", reason="cooling", until=1_060.0),),
            waited_seconds=0.25,
        ),
    ),
)


def told(request_id: str = "req_1", **members: Any) -> Told:
    return Told(record=exchange(request_id, **members), explanation=EXPLANATION)


def answered(request_id: str = "req_1", **members: Any) -> Answered:
    usual: dict[str, Any] = {
        "request_id": request_id,
        "method": "POST",
        "path": "/v1/responses",
        "status": 200,
        "started_at": 1_000.0,
        "duration_seconds": 2.5,
        "client_request_id": f"theirs-{SECRET}",
    }
    return Answered(**(usual | members))


def failed(request_id: str = "req_1", failure: Failure = BROKEN) -> Told:
    return told(request_id, attempts=(AttemptRecord(account_row_id="a", failure=failure),), failure=failure, usage=None)


def row(seq: int = 1, **members: Any) -> Row:
    return Row(seq=seq, request_id=f"req_{seq}", at=1_000.0, duration_ms=1.0, **members)


def items(count: int) -> list[Item]:
    return [each for number in range(count) for each in (told(f"req_{number}"), answered(f"req_{number}"))]
