"""Which rows are wanted, in SQL.

Rules of this file: what a client wrote is a parameter and part of no statement.
"""

from typing import Any, Final

from codex_proxy.operations.request_log.store import Wanted

IS_ERROR: Final = "(failure IS NOT NULL OR status >= 400)"
_EQUAL: Final = {
    "account": "account_id",
    "key": "key_id",
    "provider": "provider",
    "dialect": "dialect",
    "failure": "failure",
}
_SEARCHED: Final = (
    "request_id",
    "client_request_id",
    "path",
    "model_asked",
    "model_used",
    "provider",
    "account_id",
    "key_id",
    "failure",
    "error",
)
_HAYSTACK: Final = " || ' ' || ".join(f"coalesce({name}, '')" for name in _SEARCHED)


def where_of(wanted: Wanted) -> tuple[str, tuple[Any, ...]]:
    """The condition, and its parameters; the place of a page is none of it."""
    tests: list[tuple[str, tuple[Any, ...]]] = [
        ("status >= ?", (wanted.status_from,)),
        ("status < ?", (wanted.status_below,)),
        ("(model_used = ? OR model_asked = ?)", (wanted.model, wanted.model)),
        ("duration_ms >= ?", (wanted.min_duration_ms,)),
        ("at >= ?", (wanted.since,)),
        ("at < ?", (wanted.until,)),
        *((f"{column} = ?", (getattr(wanted, name),)) for name, column in _EQUAL.items()),
    ]
    asked = [(test, values) for test, values in tests if None not in values]
    if wanted.search:
        asked.append((f"instr(lower({_HAYSTACK}), lower(?)) > 0", (wanted.search,)))
    if wanted.errors_only:
        asked.append((IS_ERROR, ()))
    if wanted.asked_upstream:
        asked.append(("attempt_count > 0", ()))
    where = " AND ".join(test for test, _ in asked) or "1"
    return where, tuple(value for _, values in asked for value in values)
