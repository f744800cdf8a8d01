"""The machine accepts what the grammar says, and counts the rest."""

from codex_proxy.protocols.parts.legality import Grammar, Legality

GRAMMAR = Grammar(
    start="start",
    finish=frozenset({"finish"}),
    opens={"open_text": "text", "open_call": "call"},
    inside={"delta": frozenset({"text"}), "arguments": frozenset({"call"})},
    closes={"close_text": "text", "close_call": "call"},
    free=frozenset({"ping"}),
    after=frozenset({"done"}),
    before=frozenset({"comment"}),
    sequential=frozenset({"text"}),
)


def run(*tokens: tuple[str, int | None]) -> Legality:
    machine = Legality(GRAMMAR)
    for token, key in tokens:
        machine.accept(token, key)
    return machine


def test_a_legal_stream_is_accepted_whole() -> None:
    machine = run(
        ("comment", None), ("start", None), ("open_text", 0), ("delta", 0), ("open_call", 1), ("ping", None),
        ("arguments", 1), ("close_text", 0), ("close_call", 1), ("finish", None), ("done", None),
    )  # fmt: skip
    assert machine.refused == 0
    assert machine.finished


def test_each_breach_is_refused() -> None:
    assert run(("delta", 0)).refused == 1
    assert run(("start", None), ("start", None)).refused == 1
    assert run(("start", None), ("delta", 0)).refused == 1
    assert run(("start", None), ("open_call", 0), ("delta", 0)).refused == 1
    assert run(("start", None), ("open_text", 0), ("open_text", 1)).refused == 1
    assert run(("start", None), ("open_text", 0), ("open_call", 0)).refused == 1
    assert run(("start", None), ("open_text", 0), ("close_call", 0)).refused == 1
    assert run(("start", None), ("open_text", 0), ("finish", None)).refused == 1
    assert run(("start", None), ("finish", None), ("finish", None)).refused == 1
    assert run(("start", None), ("unknown", None)).refused == 1


def test_open_blocks_are_told_for_repair() -> None:
    machine = run(("start", None), ("open_call", 4), ("open_text", 2))
    assert machine.open_blocks == ((4, "call"), (2, "text"))


def test_a_grammar_may_allow_one_open_block_of_any_kind() -> None:
    grammar = Grammar(start="start", finish=frozenset({"finish"}), opens={"a": "a", "b": "b"}, one_at_a_time=True)
    machine = Legality(grammar)
    assert [machine.accept(token, key) for token, key in (("start", None), ("a", 0), ("b", 1))] == [True, True, False]
