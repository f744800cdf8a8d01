"""Logging: structlog to standard error, JSON lines or console, every record redacted.

Rules of this file: our records and those of libraries pass the same processors, ours without the detour through the
standard library, which costs half of an exchange's log line; nothing bypasses the redaction.
"""

import logging
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from codex_proxy.bootstrap.redaction import redact, redact_text

_ROOT_LEVEL = logging.INFO
_CHATTY = ("uvicorn", "uvicorn.error", "httpx", "httpcore")  # a line for each start and request that says nothing new


def configure_logs(style: Literal["json", "console"], *, stream: TextIO | None = None) -> None:
    """Route all logging of this process to ``stream`` (standard error), redacted."""
    out = stream or sys.stderr
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    after: list[Processor] = [structlog.processors.format_exc_info, redact_record, renderer]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(_ROOT_LEVEL),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    without_meta: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=[without_meta, *after])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_ROOT_LEVEL)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact_record(_: WrappedLogger, __: str, record: EventDict) -> EventDict:
    """The record without secrets, the text of its exception included."""
    clean: dict[str, Any] = {name: redact(value, name) for name, value in record.items() if name != "exception"}
    if "exception" in record:
        clean["exception"] = redact_text(str(record["exception"]))
    return clean
