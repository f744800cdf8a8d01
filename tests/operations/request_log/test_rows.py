"""What is told, as rows."""

import json
from decimal import Decimal

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.request_log.rows import MOST_NAME, columns_of_answer, row_of, row_of_answer, trouble_of
from tests.operations.request_log.samples import BROKEN, LIMITED, SECRET, answered, failed, redact, told


def test_an_exchange_has_its_attempts_its_decision_and_its_notes() -> None:
    row = row_of(told(), redact)
    assert (row.request_id, row.model_used, row.provider, row.account_id) == ("req_1", "gpt-5.4", "codex", "b")
    assert (row.duration_ms, row.first_content_ms, row.tokens_per_second) == (2000.0, 1000.0, 20.0)
    assert (row.input_count, row.output_count, row.cached_count, row.reasoning_count) == (30, 20, 10, 5)
    first, second = json.loads(row.attempts)
    assert (first["outcome"], first["status"], first["code"]) == ("usage_limit", 429, "usage_limit_reached")
    assert (second["outcome"], second["egress"], second["startedMs"]) == ("answered", "home", 500.0)
    [choice] = json.loads(row.decision or "")["choices"]
    assert (choice["chosen"], choice["basis"], choice["passedOver"], choice["waitedMs"]) == (
        "a",
        "strategy",
        {"cooling": 1},
        250.0,
    )
    assert choice["details"] == [{"accountId": "c", "reason": "cooling", "until": 1060.0}]
    assert json.loads(row.notes)[0]["path"] == "stop"


@pytest.mark.parametrize(
    ("cost", "told_cost"),
    [
        (Decimal("0.001200000"), "0.0012"),
        (Decimal("0E-9"), "0"),
        (Decimal("120.000000001"), "120.000000001"),
        (Decimal(500), "500"),
        (None, None),
    ],
)
def test_a_row_is_priced_when_it_is_made(cost: Decimal | None, told_cost: str | None) -> None:
    assert row_of(told(), redact, lambda record: cost).cost_usd == told_cost


def test_what_used_no_tokens_has_no_cost() -> None:
    assert row_of(failed(), redact, lambda record: Decimal(0)).cost_usd is None
    assert row_of(told(), redact).cost_usd is None


def test_no_text_of_somebody_else_keeps_its_secrets_or_its_length() -> None:
    for row in (row_of(failed(), redact), row_of(told(model_asked=SECRET), redact), row_of_answer(answered(), redact)):
        assert SECRET not in str(row)
    assert len(row_of(told(model_asked="x" * 10_000), redact).model_asked or "") == MOST_NAME
    row_of(told(model_asked="lone \ud800 half"), redact).model_asked.encode()  # type: ignore[union-attr]


def test_u_06_numbers_are_no_secrets() -> None:
    row = row_of(told(), lambda text: "[redacted]")
    assert (row.input_count, row.output_count) == (30, 20)


def test_an_answer_adds_what_only_the_server_knows() -> None:
    columns = columns_of_answer(answered(), redact)
    assert columns == {
        "client_request_id": "theirs-[redacted]",
        "method": "POST",
        "path": "/v1/responses",
        "status": 200,
        "duration_ms": 2500.0,
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "no such field"}}', "no such field"),
        (b'{"error": "in one word"}', "in one word"),
        (b'{"error": {"message": 3}}', None),
        (b"[1]", None),
        (b"\xff", None),
        (b'{"error": {"mess', None),
    ],
)
def test_a_refusal_says_why_in_every_dialect(body: bytes, message: str | None) -> None:
    assert row_of_answer(answered(status=400, refusal=body), redact).error == message


def test_what_is_unexpected_makes_a_group() -> None:
    trouble = trouble_of(row_of(failed(), redact))
    other = trouble_of(
        row_of(failed("req_2", Failure(kind=BROKEN.kind, message="it broke at 99 for [redacted]")), redact)
    )
    assert trouble is not None
    assert other is not None
    assert trouble.signature == other.signature
    assert (trouble.kind, trouble.upstream, trouble.model) == ("upstream_error", "codex", "gpt-5.4")
    assert trouble_of(row_of(failed("req_3", LIMITED), redact)) is None
    assert trouble_of(row_of(told(failure=BROKEN, aborted=True), redact)) is None
    elsewhere = trouble_of(row_of(failed("req_4", Failure(kind=FailureKind.TIMEOUT, message=BROKEN.message)), redact))
    assert elsewhere is not None
    assert elsewhere.signature != trouble.signature
