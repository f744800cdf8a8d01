"""Logging: structlog to standard error, JSON lines or console, every record redacted.

Rules of this file: our records and those of libraries pass the same processors, ours without the detour through the
standard library, which costs half of an exchange's log line; nothing bypasses the redaction.
"""

import logging
import sys
from typing import Any, Literal, TextIO, TypeAlias

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from codex_proxy.bootstrap.redaction import redact, redact_text
from codex_proxy.bootstrap.secrecy.known import KnownSecrets

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Style: TypeAlias = Literal["auto", "json", "console"]

_CHATTY = (
    "alembic",
    "uvicorn",
    "uvicorn.error",
    "httpx",
    "httpx2",
    "httpcore",
    "google_genai",
)  # a line for each start and request that says nothing new


def configure_logs(
    style: Style,
    *,
    level: Level = "info",
    stream: TextIO | None = None,
    known: KnownSecrets | None = None,
) -> None:
    """Route all logging of this process to ``stream`` (standard error), redacted, from ``level`` on.

    ``auto`` writes for people where ``stream`` is a terminal and JSON where it is not.  ``known`` are secrets that are
    redacted by their values too, those learned later included.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    out = stream or sys.stderr
    for_people = style == "console" or (style == "auto" and out.isatty())
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if for_people
        else structlog.processors.JSONRenderer(serializer=_as_json)
    )
    by_value: list[Processor] = [] if known is None else [_without(known)]
    after: list[Processor] = [structlog.processors.format_exc_info, redact_record, *by_value, renderer]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(least),
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
    root.setLevel(least)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))


def redact_record(_: WrappedLogger, __: str, record: EventDict) -> EventDict:
    """The record without secrets, the text of its exception included."""
    clean: dict[str, Any] = {name: redact(value, name) for name, value in record.items() if name != "exception"}
    if "exception" in record:
        clean["exception"] = redact_text(str(record["exception"]))
    return clean


def _without(known: KnownSecrets) -> Processor:
    def clean(value: Any) -> Any:
        match value:
            case str():
                return known.redact(value)
            case dict():
                return {name: clean(member) for name, member in value.items()}
            case list():
                return [clean(member) for member in value]
        return value

    def redact_known(_: WrappedLogger, __: str, record: EventDict) -> EventDict:
        return {name: clean(value) for name, value in record.items()}

    return redact_known


def _as_json(record: EventDict, **_: object) -> str:
    try:
        return msgspec.json.encode(record).decode()
    except UnicodeEncodeError:  # a name of the file system may hold bytes that are no text
        return msgspec.json.encode(_as_text(record)).decode()


def _as_text(record: EventDict) -> dict[str, str]:
    return {name: str(value).encode("utf-8", "backslashreplace").decode() for name, value in record.items()}
