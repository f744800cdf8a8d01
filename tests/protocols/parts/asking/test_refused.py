"""Members that an upstream does not take."""

from codex_proxy.canonical.notes import Weight
from codex_proxy.protocols.parts.asking.refused import without_refused


def test_refused_members_go_with_a_note_each_and_absent_ones_need_none() -> None:
    members = {"a": 1, "reasoning": {"effort": "low", "summary": "auto"}, "text": "no object"}
    kept, notes = without_refused(members, frozenset({"a", "reasoning.summary", "text.format", "absent"}))
    assert kept == {"reasoning": {"effort": "low"}, "text": "no object"}
    assert [note.path for note in notes] == ["a", "reasoning.summary"]
    assert members["reasoning"] == {"effort": "low", "summary": "auto"}


def test_a_note_weighs_as_much_as_what_is_lost() -> None:
    members = {"temperature": 1, "tools": [], "text": {"format": {}, "verbosity": "low"}}
    _, notes = without_refused(members, ["temperature", "tools", "text.format", "text.verbosity"], "why")
    weights = {note.path: note.weight for note in notes}
    assert weights == {
        "temperature": Weight.COSMETIC,
        "tools": Weight.LOSSY,
        "text.format": Weight.LOSSY,
        "text.verbosity": Weight.COSMETIC,
    }
    assert {note.detail for note in notes} == {"why"}
