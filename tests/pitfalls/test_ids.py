"""Every known trap has a test with its number, or a reason why not."""

import re
from itertools import groupby
from pathlib import Path

from tests.pitfalls.ids import HELD_BY, NOT_HERE, TRAPS

TEST = re.compile(r"def test_p(\d+)_(\d+)_")


def numbers_in_names() -> set[str]:
    """Numbers in the names of tests in this folder."""
    modules = Path(__file__).parent.rglob("test_*.py")
    found = [TEST.findall(module.read_text(encoding="utf-8")) for module in modules]
    return {f"{section}.{number}" for names in found for section, number in names}


def test_every_trap_is_tested_held_by_others_or_has_a_reason() -> None:
    assert numbers_in_names() == TRAPS.keys() - NOT_HERE.keys() - HELD_BY.keys()


def test_no_number_is_left_out() -> None:
    for section, numbers in groupby(TRAPS, key=lambda each: each.partition(".")[0]):
        counted = list(numbers)
        assert counted == [f"{section}.{number}" for number in range(1, len(counted) + 1)]
    assert len(TRAPS) == 207


def test_a_trap_is_told_in_a_few_words() -> None:
    assert not {trap: words for trap, words in TRAPS.items() if not 2 <= len(words.split()) <= 5}


def test_what_holds_a_lesson_is_tested() -> None:
    assert {trap for traps in HELD_BY.values() for trap in traps} <= numbers_in_names()
    assert not NOT_HERE.keys() & HELD_BY.keys()
