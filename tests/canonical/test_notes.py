"""The ledger's entries."""

from codex_proxy.canonical.notes import Note, Verdict, Weight


def test_a_note_is_cosmetic_unless_it_says_otherwise() -> None:
    assert Note(path="temperature", verdict=Verdict.DROPPED).weight is Weight.COSMETIC
