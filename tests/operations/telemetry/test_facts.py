"""Exchanges by the GenAI conventions."""

import pytest
from msgspec.structs import replace

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord
from codex_proxy.operations.telemetry.facts import OPERATIONS, Histograms, operation_of, spans_of
from tests.gateway.test_observers import RECORD

IDS = (b"t" * 16, b"a" * 8, b"b" * 8, b"c" * 8)
LIMITED = Failure(kind=FailureKind.USAGE_LIMIT, message="m")
ANSWERED = replace(
    RECORD,
    model_asked="mine",
    model_used="gpt-5.4",
    attempts=(
        AttemptRecord(account_row_id="row", failure=LIMITED, started_seconds=0.5, duration_seconds=0.5),
        AttemptRecord(account_row_id="key", vendor="groq", started_seconds=1.0, duration_seconds=2.0),
    ),
    usage=Usage(input_tokens=30, cached_tokens=10, output_tokens=4),
    first_content_seconds=1.5,
    duration_seconds=3.0,
    started_at=1000.0,
    streamed=True,
)


def test_an_exchange_is_a_span_with_one_below_it_for_each_attempt() -> None:
    whole, first, second = spans_of(ANSWERED, IDS)
    assert (whole.name, whole.is_server, whole.parent_id, whole.error) == ("chat mine", True, None, None)
    assert (whole.started_at, whole.ended_at) == (1000.0, 1003.0)
    assert whole.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "groq",
        "gen_ai.request.model": "mine",
        "gen_ai.response.model": "gpt-5.4",
        "gen_ai.usage.input_tokens": 30,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 10,
        "codex_proxy.request_id": "req",
        "codex_proxy.dialect": "openai_chat",
        "codex_proxy.streamed": True,
        "codex_proxy.first_content_seconds": 1.5,
    }
    assert [(span.trace_id, span.parent_id, span.is_server) for span in (first, second)] == [
        (IDS[0], IDS[1], False)
    ] * 2
    assert (first.started_at, first.ended_at, first.error) == (1000.5, 1001.0, "usage_limit")
    assert (first.attributes["gen_ai.provider.name"], first.attributes["error.type"]) == ("openai", "usage_limit")
    assert second.attributes["gen_ai.provider.name"] == "groq"
    assert "row" not in str(spans_of(ANSWERED, IDS))


def test_what_did_not_come_to_its_end_says_why() -> None:
    failed = spans_of(replace(RECORD, failure=LIMITED), IDS)[0]
    assert (failed.error, failed.attributes["error.type"]) == ("usage_limit", "usage_limit")
    assert spans_of(replace(RECORD, aborted=True), IDS)[0].error == "aborted"
    assert spans_of(replace(RECORD, dialect="openai_embeddings"), IDS)[0].name == "embeddings m"


@pytest.mark.parametrize(
    ("dialect", "operation"),
    [
        *((dialect.value, "chat") for dialect in Dialect if dialect.value not in OPERATIONS),
        ("openai_completions", "text_completion"),
        ("gemini", "generate_content"),
        ("openai_images", "generate_content"),
        ("gemini_embed_content", "embeddings"),
    ],
)
def test_operations_have_the_conventions_names(dialect: str, operation: str) -> None:
    assert operation_of(replace(RECORD, dialect=dialect)) == operation


@pytest.mark.parametrize(
    ("vendor", "provider"),
    [
        (None, "openai"),
        ("anthropic", "anthropic"),
        ("gemini", "gcp.gemini"),
        ("mistral", "mistral_ai"),
        ("xai", "x_ai"),
    ],
)
def test_providers_have_the_conventions_names(vendor: str | None, provider: str) -> None:
    record = replace(RECORD, attempts=(AttemptRecord(account_row_id="row", vendor=vendor),))
    assert [span.attributes["gen_ai.provider.name"] for span in spans_of(record, IDS)] == [provider] * 2


def test_durations_tokens_and_first_contents_are_measured() -> None:
    histograms = Histograms()
    for record in (ANSWERED, replace(RECORD, failure=LIMITED)):
        histograms.take(record, asked="mine", model="gpt-5.4")
    durations, tokens, first = histograms.all
    assert {dict(labels)["gen_ai.request.model"] for labels in durations.points} == {"mine"}
    assert [dict(labels).get("error.type") for labels in durations.points] == [None, "usage_limit"]
    assert {dict(labels)["gen_ai.token.type"]: point.total for labels, point in tokens.points.items()} == {
        "input": 30,
        "output": 4,
    }
    (point,) = first.points.values()
    assert (point.total, point.counts[first.bounds.index(2.56)]) == (1.5, 1)
