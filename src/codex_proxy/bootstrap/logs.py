"""Logging: structlog to standard error, JSON lines or console, every record redacted.

Rules of this file: one pipeline for our records and for those of libraries; nothing bypasses the redaction.
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
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact_record,
        renderer,
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after))
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
