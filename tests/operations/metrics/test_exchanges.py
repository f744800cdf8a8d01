"""What is counted when exchanges end."""

from msgspec.structs import replace

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord
from codex_proxy.operations.metrics.exchanges import MOST_MODELS, ExchangeMetrics
from codex_proxy.operations.metrics.families import exposition
from tests.gateway.test_observers import RECORD

LIMITED = Failure(kind=FailureKind.USAGE_LIMIT, message="m")


def lines(metrics: ExchangeMetrics) -> dict[str, str]:
    told = [line.rpartition(" ") for line in exposition(metrics.families()).splitlines() if not line.startswith("#")]
    return {name: value for name, _, value in told}


def test_an_exchange_is_counted_by_how_it_ended_with_its_attempts_and_tokens() -> None:
    metrics = ExchangeMetrics()
    attempts = (
        AttemptRecord(account_row_id="secret-row", failure=LIMITED),
        AttemptRecord(account_row_id="b", vendor="groq"),
    )
    usage = Usage(input_tokens=30, cached_tokens=10, output_tokens=4)
    record = replace(
        RECORD, model_used="gpt-5.4", attempts=attempts, usage=usage, first_content_seconds=0.2, duration_seconds=3.0
    )
    metrics.finished(record)
    told = lines(metrics)
    assert told['codex_proxy_exchanges_total{dialect="openai_chat",model="gpt-5.4",outcome="completed"}'] == "1"
    assert told['codex_proxy_attempts_total{upstream="codex",outcome="usage_limit"}'] == "1"
    assert told['codex_proxy_attempts_total{upstream="groq",outcome="completed"}'] == "1"
    assert told['codex_proxy_tokens_total{model="gpt-5.4",kind="input"}'] == "30"
    assert told['codex_proxy_tokens_total{model="gpt-5.4",kind="cached"}'] == "10"
    assert told['codex_proxy_first_content_seconds_bucket{dialect="openai_chat",le="0.25"}'] == "1"
    assert told['codex_proxy_exchange_seconds_sum{dialect="openai_chat"}'] == "3"
    assert "secret-row" not in str(told)


def test_failures_and_clients_that_left_have_their_own_outcome() -> None:
    metrics = ExchangeMetrics()
    metrics.finished(replace(RECORD, failure=LIMITED))
    metrics.finished(replace(RECORD, failure=LIMITED, aborted=True))
    outcomes = [name for name in lines(metrics) if name.startswith("codex_proxy_exchanges_total")]
    assert [name.rpartition("outcome=")[2] for name in outcomes] == ['"usage_limit"}', '"aborted"}']


def test_clients_cannot_make_labels_without_end() -> None:
    metrics = ExchangeMetrics()
    for number in range(3 * MOST_MODELS):
        metrics.finished(replace(RECORD, model_asked=f"asked-{number}", model_used=f"model-{number}"))
    told = [name for name in lines(metrics) if name.startswith("codex_proxy_exchanges_total")]
    assert len(told) == MOST_MODELS + 1
    assert "asked-" not in str(told)


def test_gaps_are_seen_as_they_come() -> None:
    metrics = ExchangeMetrics()
    metrics.gap(0.02)
    assert lines(metrics)['codex_proxy_stream_gap_seconds_bucket{le="0.025"}'] == "1"
