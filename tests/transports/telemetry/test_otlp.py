"""What the collector reads is what was told."""

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from codex_proxy.operations.telemetry.facts import Histograms, spans_of
from codex_proxy.transports.telemetry.otlp import OtlpEncoder
from tests.operations.telemetry.test_facts import ANSWERED, IDS

ENCODER = OtlpEncoder(version="1.2.3", started_at=900.0)


def test_spans_come_with_their_kinds_times_and_attributes() -> None:
    told = ExportTraceServiceRequest.FromString(ENCODER.spans(spans_of(ANSWERED, IDS)))
    (resource,) = told.resource_spans
    assert [(pair.key, pair.value.string_value) for pair in resource.resource.attributes] == [
        ("service.name", "codex-proxy"),
        ("service.version", "1.2.3"),
    ]
    whole, first, _ = resource.scope_spans[0].spans
    assert (whole.trace_id, whole.span_id, whole.parent_span_id) == (IDS[0], IDS[1], b"")
    assert (whole.start_time_unix_nano, whole.end_time_unix_nano) == (1000 * 10**9, 1003 * 10**9)
    values = {pair.key: pair.value for pair in whole.attributes}
    assert values["gen_ai.usage.input_tokens"].int_value == 30
    assert values["codex_proxy.streamed"].bool_value
    assert values["codex_proxy.first_content_seconds"].double_value == 1.5
    assert (whole.kind, first.kind, first.status.code, first.status.message) == (2, 3, 2, "usage_limit")


def test_histograms_are_cumulative() -> None:
    histograms = Histograms()
    histograms.take(ANSWERED, asked="mine", model="gpt-5.4")
    told = ExportMetricsServiceRequest.FromString(ENCODER.histograms(histograms.all, now=1000.0))
    metrics = {metric.name: metric for metric in told.resource_metrics[0].scope_metrics[0].metrics}
    assert metrics.keys() == {
        "gen_ai.client.operation.duration",
        "gen_ai.client.token.usage",
        "gen_ai.server.time_to_first_token",
    }
    duration = metrics["gen_ai.client.operation.duration"]
    (point,) = duration.histogram.data_points
    assert (duration.unit, duration.histogram.aggregation_temporality) == ("s", 2)
    assert (point.count, point.sum, point.start_time_unix_nano) == (1, 3.0, 900 * 10**9)
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
