"""What was used, as people read it."""

from typing import Any

from codex_proxy.cli.usage.tables import usage_lines, usage_table
from tests.cli.gatehouse import Seen

SUMS: dict[str, Any] = {
    "request_count": 1200,
    "failed_count": 3,
    "unpriced_count": 0,
    "estimated_count": 0,
    "input_tokens": 1_234_567,
    "cached_tokens": 5,
    "output_tokens": 6,
    "estimated_cost_usd": 12.5,
    "first_content_ms": 1234.0,
}
FINE = {"enabled": True, "lost_count": 0, "reason": None, "failing_since": None}


def told(*groups: dict[str, Any], recording: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    totals = {f"total_{name}": value for name, value in (SUMS | members).items() if name != "first_content_ms"}
    period = {"from": "2026-11-01T00:00:00.000Z", "to": "2026-11-26T13:00:00.000Z", "priced_as_of": "2026-11-26"}
    means = {"first_content_ms": None, "prices_trouble": None}
    return {**totals, **means, **period, "groups": groups, "recording": FINE | (recording or {})}


def rows(answer: dict[str, Any]) -> list[list[str]]:
    seen = Seen()
    seen.console.print(usage_table(answer, "model"))
    return [line.split() for line in seen.text.splitlines()]


def group(name: str | None = None, value: str = "m", **members: Any) -> dict[str, Any]:
    return SUMS | {"name": name, "group": value} | members


def test_a_row_for_each_group_and_one_for_all() -> None:
    seen = rows(told(group(), group("named"), group(value="")))
    assert seen[1] == ["m", "1,200", "3", "1,234,567", "5", "6", "$12.50", "1.2", "s"]
    assert [row[0] for row in seen] == ["model", "m", "named", "(none)", "all"]
    assert seen[-1] == ["all", "1,200", "3", "1,234,567", "5", "6", "$12.50"]


def test_what_is_not_known_is_no_zero() -> None:
    unknown: dict[str, Any] = {"unpriced_count": 1200, "estimated_cost_usd": 0.0}
    seen = rows(told(group(**unknown), group(unpriced_count=1), group(estimated_cost_usd=0.00012)))
    assert [row[6] for row in seen[1:4]] == ["?", "$12.50", "$0.0001"]
    assert seen[2][7:9] == ["+", "?"]


def test_names_are_no_markup() -> None:
    assert rows(told(group("[red]x[/red]")))[1][0] == "[red]x[/red]"


def test_what_there_is_to_know() -> None:
    lines = list(usage_lines(told()))
    assert lines[0] == "2026-11-01 00:00 to 2026-11-26 13:00 UTC"
    assert "2026-11-26" in lines[1]
    assert len(lines) == 2
    failing = {"lost_count": 4, "reason": "no room", "failing_since": "then"}
    more = list(usage_lines(told(unpriced_count=2, estimated_count=1, recording=failing)))
    assert more[2:] == [
        "2 requests without price are not in them",
        "1 requests that were left early are estimated",
        "4 requests since the start are lost",
        "since then nothing can be written: no room",
    ]
    mistaken = list(usage_lines(told() | {"prices_trouble": "pricing.yaml: m"}))
    assert mistaken[2:] == ["your prices are not in force: pricing.yaml: m"]
    off = list(usage_lines(told(recording={"enabled": False}) | {"from": None}))
    assert off[0].startswith("the beginning to ")
    assert "usage_stats.enabled" in off[-1]
