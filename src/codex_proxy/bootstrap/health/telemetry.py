"""Telling an OpenTelemetry collector, put together, where the owner names one.

Rules of this file: objects are made here, rules are elsewhere.  The wire format's packages are an extra and loaded by
name; the collector's address passes the guard of vendors' addresses, and may be a private one.
"""

import secrets
from collections.abc import Callable
from importlib import import_module
from typing import Final, cast

from codex_proxy import __version__
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.outgoing.vendors import VendorCalls
from codex_proxy.gateway.ports import Guarding, Route
from codex_proxy.operations.telemetry.exporting import Encoder, Exporter, ExportParts, is_endpoint
from codex_proxy.settings.schema import Settings

WIRE: Final = "codex_proxy.transports.telemetry.otlp"
COLLECTOR: Final = "the OpenTelemetry collector"


def make_exporter(
    settings: Settings, calls: VendorCalls, *, now: Callable[[], float], redact: Callable[[str], str]
) -> Exporter | None:
    """Who tells the collector; None where there is none.  ``redact`` gives a text without the secrets known here.

    Raises:
        StartRefused: its address is none, or the extra is not installed.
    """
    endpoint = settings.observability.otlp_endpoint
    if endpoint is None:
        return None
    if not is_endpoint(endpoint):
        raise StartRefused("observability.otlp_endpoint is no http or https address without a query or a password")
    try:
        encoder = import_module(WIRE).OtlpEncoder(version=__version__, started_at=now())
    except ModuleNotFoundError as error:
        raise StartRefused("observability.otlp_endpoint needs an extra: pip install codex-proxy[otel]") from error
    guarding = Guarding(vendor=COLLECTOR, allow_private=True)
    return Exporter(
        ExportParts(
            transport=calls.transport,
            route=Route(base_url=endpoint.rstrip("/"), account_id="telemetry", guarding=guarding),
            encoder=cast("Encoder", encoder),
            now=now,
            random_bytes=secrets.token_bytes,
            redact=redact,
        )
    )
