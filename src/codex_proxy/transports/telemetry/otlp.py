"""OTLP: spans and histograms as protocol buffers.

Rules of this file: loaded only where a collector is named, since its packages are an extra; nothing is decided here.
Source: the OpenTelemetry protocol 1.x, trace and metrics services over HTTP.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1 import metrics_pb2 as metrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2 as trace

from codex_proxy.operations.telemetry.facts import Histogram, Labels, Measured, Span

SERVICE: Final = "codex-proxy"
_NANOSECONDS: Final = 1_000_000_000


class OtlpEncoder:
    """Implements ``Encoder``; ``started_at`` is when measuring began, an epoch second."""

    def __init__(self, *, version: str, started_at: float) -> None:
        self._resource = Resource(
            attributes=_pairs({"service.name": SERVICE, "service.version": version}.items()),
        )
        self._scope = InstrumentationScope(name=SERVICE, version=version)
        self._started_ns = _nanoseconds(started_at)

    def spans(self, spans: Sequence[Span]) -> bytes:
        """See ``Encoder``."""
        scoped = trace.ScopeSpans(scope=self._scope, spans=[_span(span) for span in spans])
        told = trace.ResourceSpans(resource=self._resource, scope_spans=[scoped])
        return bytes(ExportTraceServiceRequest(resource_spans=[told]).SerializeToString())

    def histograms(self, histograms: Sequence[Histogram], *, now: float) -> bytes:
        """See ``Encoder``."""
        told_ns = _nanoseconds(now)
        measured = [self._metric(histogram, told_ns) for histogram in histograms if histogram.points]
        scoped = metrics.ScopeMetrics(scope=self._scope, metrics=measured)
        told = metrics.ResourceMetrics(resource=self._resource, scope_metrics=[scoped])
        return bytes(ExportMetricsServiceRequest(resource_metrics=[told]).SerializeToString())

    def _metric(self, histogram: Histogram, told_ns: int) -> metrics.Metric:
        points = [self._point(histogram, labels, each, told_ns) for labels, each in histogram.points.items()]
        told = metrics.Histogram(data_points=points, aggregation_temporality=metrics.AGGREGATION_TEMPORALITY_CUMULATIVE)
        return metrics.Metric(name=histogram.name, description=histogram.words, unit=histogram.unit, histogram=told)

    def _point(
        self, histogram: Histogram, labels: Labels, measured: Measured, told_ns: int
    ) -> metrics.HistogramDataPoint:
        return metrics.HistogramDataPoint(
            attributes=_pairs(labels),
            start_time_unix_nano=self._started_ns,
            time_unix_nano=told_ns,
            count=sum(measured.counts),
            sum=measured.total,
            bucket_counts=measured.counts,
            explicit_bounds=histogram.bounds,
        )


def _span(span: Span) -> trace.Span:
    code = trace.Status.STATUS_CODE_UNSET if span.error is None else trace.Status.STATUS_CODE_ERROR
    return trace.Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_id or b"",
        name=span.name,
        kind=trace.Span.SPAN_KIND_SERVER if span.is_server else trace.Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=_nanoseconds(span.started_at),
        end_time_unix_nano=_nanoseconds(span.ended_at),
        attributes=_pairs(span.attributes.items()),
        status=trace.Status(code=code, message=span.error or ""),
    )


def _pairs(attributes: Iterable[tuple[str, str | float | bool]]) -> list[KeyValue]:
    return [KeyValue(key=name, value=_value(value)) for name, value in attributes]


def _value(value: str | float | bool) -> AnyValue:  # noqa: FBT001 - one of the values that OTLP knows
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(double_value=value) if isinstance(value, float) else AnyValue(string_value=value)


def _nanoseconds(at: float) -> int:
    return int(at * _NANOSECONDS)
