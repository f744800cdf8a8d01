"""Logging: structlog to standard error, JSON lines or console, every record redacted.

Rules of this file: our records and those of libraries pass the same processors, ours without the detour through the
standard library, which costs half of an exchange's log line; nothing bypasses the redaction.
"""

import logging
import sys
from typing import Any, Final, Literal, TextIO, TypeAlias

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from codex_proxy.bootstrap.redaction import SECRET_NAMES, redact, redact_text
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
_SHORT: Final = 100  # characters
_MOST_INNOCENT: Final = 4096


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
    before: list[Processor] = [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level]
    stamp: Processor = structlog.processors.TimeStamper(fmt="iso", utc=True)  # no secret, and new in each line
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if for_people
        else structlog.processors.JSONRenderer(serializer=_as_json)
    )
    after: list[Processor] = [structlog.processors.format_exc_info, _Redacting(known), stamp, renderer]
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


class _Redacting:
    """A processor that gives the record without secrets, the text of its exception included.

    Most words of most lines were on a line before: a short text that held no secret under its name is not looked into
    again until another secret is known.
    """

    def __init__(self, known: KnownSecrets | None) -> None:
        self._known = known
        self._innocent: set[tuple[str, str]] = set()
        self._version = 0

    def __call__(self, _: WrappedLogger, __: str, record: EventDict) -> EventDict:
        """The record without them."""
        version = 0 if self._known is None else self._known.version
        if version != self._version or len(self._innocent) > _MOST_INNOCENT:
            self._innocent.clear()
            self._version = version
        return {name: self._clean(name, value) for name, value in record.items()}

    def _clean(self, name: str, value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case str() if len(value) <= _SHORT:
                if (name, value) in self._innocent:
                    return value
                clean = self._without(name, value)
                if clean == value:
                    self._innocent.add((name, value))
                return clean
            case list() if name.lower() not in SECRET_NAMES:
                return [self._clean("", member) for member in value]
        return self._without(name, value)

    def _without(self, name: str, value: Any) -> Any:
        by_shape = redact_text(str(value)) if name == "exception" else redact(value, name)
        return by_shape if self._known is None else _by_value(by_shape, self._known)


def _by_value(value: Any, known: KnownSecrets) -> Any:
    match value:
        case str():
            return known.redact(value)
        case dict():
            return {name: _by_value(member, known) for name, member in value.items()}
        case list():
            return [_by_value(member, known) for member in value]
    return value


def _as_json(record: EventDict, **_: object) -> str:
    try:
        return msgspec.json.encode(record).decode()
    except UnicodeEncodeError:  # a name of the file system may hold bytes that are no text
        return msgspec.json.encode(_as_text(record)).decode()


def _as_text(record: EventDict) -> dict[str, str]:
    return {name: str(value).encode("utf-8", "backslashreplace").decode() for name, value in record.items()}
