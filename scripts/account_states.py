"""The page on account states, written from the table that decides them.

Rules of this file: nothing is told here that the table, the rests and the meanings do not say.
"""

import itertools
from collections.abc import Iterator

from codex_proxy.accounts.lifecycle.effects import ALWAYS, INSTEAD, Effect
from codex_proxy.accounts.lifecycle.hindrances import KIND_OF, REST_SECONDS
from codex_proxy.accounts.lifecycle.states import MEANINGS, OCCURRENCE_OF, TABLE, Occurrence, State
from codex_proxy.accounts.lifecycle.status import STATUS_OF

HEAD = """\
# Account states

An account is *active* unless something stands in its way. Several things can at once, each begins and ends by itself,
and the weightiest is shown (the later in this table the weightier). What the upstream or the way out did wrong never
changes an account. A state that *opens half* lets one request through at a time until one succeeds; a usage query is
due by then. Limits hold for one bucket (the models that draw on the same counters), every other state for all models.
"""
DIAGRAM_HEAD = """
## How states begin and end

Drawn from the table below; `time` is the end that the upstream named or the rest of the state.
"""
MATRIX_HEAD = """
## The table

What becomes of a state when something happens; an empty cell: it stays. The column `active` says what begins.
"""


def account_states_page() -> str:
    """States, how they begin and end, and the whole table."""
    lines = [HEAD, "| state | shown as | meaning | rests |", "|---|---|---|---|"]
    lines += [f"| {state} | `{STATUS_OF[state]}` | {MEANINGS[state]} | {_rests(state)} |" for state in State]
    lines += [DIAGRAM_HEAD, "```text", *_diagram(), "```", MATRIX_HEAD, *_matrix()]
    return "\n".join(lines) + "\n"


def _rests(state: State) -> str:
    if state not in KIND_OF:
        return ""
    rests = [f"{seconds:g} s" for seconds in REST_SECONDS[KIND_OF[state]]]
    return ", ".join(rests) or "until a login"


def _diagram() -> Iterator[str]:
    beginnings = {state: ", ".join(_leading(State.ACTIVE, state)) for state in State}
    width = max(map(len, beginnings.values())) + 1
    for state in (state for state in State if beginnings[state]):
        begins, ends = f"{beginnings[state]} ", ", ".join(_leading(state, State.ACTIVE))
        yield f"active ── {begins:─<{width}}─▶ {state:<12} ── {ends} ─▶ active"
    for state, following in itertools.permutations(list(State)[1:], 2):
        turns = ", ".join(_leading(state, following))
        if turns:
            yield f"{state} ── {turns} ─▶ {following}"


def _leading(state: State, following: State) -> list[str]:
    told = [occurrence for occurrence, to in TABLE[state].items() if to is following]
    return ["time" if occurrence is Occurrence.TIME_PASSED else occurrence.value for occurrence in told]


def _matrix() -> Iterator[str]:
    yield "| what happens | failures | " + " | ".join(State) + " | besides |"
    yield "|" + "---|" * (len(State) + 3)
    for occurrence in Occurrence:
        failures = ", ".join(f"`{kind}`" for kind, meant in OCCURRENCE_OF.items() if meant is occurrence)
        cells = [_cell(state, occurrence) for state in State]
        yield f"| {occurrence} | {failures} | " + " | ".join(cells) + f" | {_effects(occurrence)} |"


def _cell(state: State, occurrence: Occurrence) -> str:
    following = TABLE[state][occurrence]
    return "" if following is None else "goes on" if following is state else following.value


def _effects(occurrence: Occurrence) -> str:
    begun = TABLE[State.ACTIVE][occurrence]
    effects = ALWAYS.get(occurrence, ()) + (INSTEAD.get(KIND_OF[begun], ()) if begun in KIND_OF else ())
    return ", ".join(_words(effect) for effect in effects)


def _words(effect: Effect) -> str:
    name = type(effect).__name__
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
