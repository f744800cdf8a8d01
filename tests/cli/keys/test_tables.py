"""Keys as a table."""

import io
from typing import Any

from rich.console import Console

from codex_proxy.cli.keys.tables import keys_table

KEY: dict[str, Any] = {
    "id": "ck_1",
    "name": "[red]one",
    "status": "active",
    "key": "sk-proxy-••••••••cdef",
    "scopes": ["chat"],
    "allowed_models": ["a", "b", "c", "d"],
    "request_count": 12_345,
    "used_tokens": 0,
    "used_cost_usd": 0.5,
    "budgets": [
        {"period": "month", "unit": "usd", "limit": 2.0, "remaining": 1.5},
        {"period": "total", "unit": "tokens", "limit": 5_000.0, "remaining": 4_000.0},
    ],
    "last_used_at": "2026-11-26T01:02:03.000Z",
}


def shown(*keys: dict[str, Any]) -> str:
    out = io.StringIO()
    Console(file=out, width=400).print(keys_table(keys))
    return out.getvalue()


def test_a_key_is_one_line_with_what_is_left() -> None:
    line = shown(KEY).splitlines()[1]
    for words in (
        "ck_1",
        "[red]one",
        "a, b, c and 1 more",
        "12,345",
        "$0.5000",
        "$1.50 of $2.00 this month; 4,000 of 5,000 tokens in total",
        "2026-11-26 01:02",
    ):
        assert words in line
    assert " all " in shown(KEY | {"allowed_models": None, "last_used_at": None, "budgets": []})
