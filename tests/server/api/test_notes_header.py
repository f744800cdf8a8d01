"""The ledger fits a header, lossy entries first."""

from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.server.api.notes_header import LIMIT_BYTES, notes_value


def test_lossy_notes_come_first_and_repeats_once() -> None:
    cosmetic = Note(path="temperature", verdict=Verdict.DROPPED)
    lossy = Note(path="messages[0].audio", verdict=Verdict.DROPPED, weight=Weight.LOSSY)
    assert notes_value([cosmetic, lossy, cosmetic]) == "messages[0].audio;dropped, temperature;dropped"
    assert notes_value([]) == ""


def test_the_value_is_bounded_and_says_that_there_is_more() -> None:
    value = notes_value(Note(path=f"field_{index}", verdict=Verdict.DROPPED) for index in range(500))
    assert len(value) <= LIMIT_BYTES
    assert value.endswith(", ...")


def test_a_hostile_path_cannot_break_the_header() -> None:
    assert notes_value([Note(path="a\r\nset-cookie: b,c;é", verdict=Verdict.DROPPED)]) == "a__set-cookie:_b_c__;dropped"
