"""The page on account states."""

from codex_proxy.accounts.lifecycle.states import MEANINGS, TABLE, Occurrence, State
from scripts.account_states import account_states_page

PAGE = account_states_page()


def row(occurrence: Occurrence) -> list[str]:
    line = [line for line in PAGE.splitlines() if line.startswith(f"| {occurrence} |")][-1]
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_every_state_and_occurrence_is_there() -> None:
    assert [state for state in State if f"| {state} | `" not in PAGE or MEANINGS[state] not in PAGE] == []
    for occurrence in Occurrence:
        told = row(occurrence)[2:-1]
        assert [bool(cell) for cell in told] == [TABLE[state][occurrence] is not None for state in State]


def test_a_row_tells_failures_moves_and_effects() -> None:
    assert row(Occurrence.CHALLENGE) == ["challenge", "`challenge`", "cooling", *[""] * 10, "blame egress"]
    assert row(Occurrence.REFUSED_TOKEN)[-1] == "request refresh"
    assert row(Occurrence.PAYMENT)[6] == "goes on"


def test_the_diagram_draws_how_states_begin_end_and_turn() -> None:
    drawn = PAGE.split("```")[1]
    cooling = next(line for line in drawn.splitlines() if "▶ cooling" in line)
    assert cooling.startswith("active ── challenge")
    assert cooling.endswith("── succeeded, owner_enabled, time ─▶ active")
    assert "forbidden ── probe_forbidden ─▶ deactivated" in drawn
    assert "expired ── refresh_started ─▶ refreshing" in drawn


def test_rests_are_told_by_strike() -> None:
    assert "| 10 s, 30 s, 90 s, 120 s |" in PAGE
    assert "| until a login |" in PAGE
