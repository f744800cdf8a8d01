"""Reports that tests of the error log share."""

from typing import Any

from codex_proxy.operations.error_log.reports import Cleaning, ErrorReport, ErrorSource, ReportedError
from tests.operations.request_log.samples import SECRET, redact

STACK = f"""TypeError: no {SECRET} at 17
    at draw (http://127.0.0.1:8080/assets/index-Bx3kQ29a.js?token={SECRET}:10:5)
    at async Page (http://127.0.0.1:8080/assets/index-Bx3kQ29a.js:99:1)
    at run (http://127.0.0.1:8080/node_modules/react/index.js:1:1)
    at main (/srv/app/main.js:3:4)
    at last (/srv/app/main.js:4:4)"""


def hide_members(value: Any) -> Any:
    """Members named ``token`` are hidden."""
    if isinstance(value, dict):
        return {name: "[redacted]" if name == "token" else hide_members(member) for name, member in value.items()}
    return [hide_members(member) for member in value] if isinstance(value, list) else value


CLEANING = Cleaning(text=redact, members=hide_members)


def report(
    message: str = f"no {SECRET} at 17",
    *,
    source: ErrorSource = ErrorSource.RENDERER,
    name: str = "TypeError",
    stack: str | None = STACK,
    context: dict[str, Any] | None = None,
) -> ErrorReport:
    return ErrorReport(source=source, error=ReportedError(name=name, message=message, stack=stack), context=context)
