"""Every known incident has a test with its number, or a reason why not."""

import re
from pathlib import Path

from tests.pitfalls.accounts.ids import INCIDENTS, NOT_HERE

TEST = re.compile(r"def test_([abcqpsu])_(\d\d)_")


def numbers_in_names() -> set[str]:
    modules = Path(__file__).parents[2].rglob("test_*.py")
    found = [TEST.findall(module.read_text(encoding="utf-8")) for module in modules]
    return {f"{section.upper()}-{number}" for names in found for section, number in names}


def test_every_incident_is_tested_or_has_a_reason() -> None:
    assert numbers_in_names() == INCIDENTS.keys() - NOT_HERE.keys()


def test_no_number_is_left_out() -> None:
    for section, last in (("A", 20), ("B", 16), ("C", 7), ("Q", 23), ("P", 12), ("S", 20), ("U", 19)):
        told = [number for number in INCIDENTS if number.startswith(section)]
        assert told == [f"{section}-{number:02}" for number in range(1, last + 1)]
