"""What a check found, and how it says so.

Every check prints one line for each breach, in the form editors can jump to, and exits with status 1 if there was any.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One broken rule; ``line`` is 1-based, 0 where the rule concerns a whole file or folder."""

    path: Path
    line: int = 0
    text: str

    def __str__(self) -> str:
        place = self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path
        return f"{place}:{self.line}: {self.text}" if self.line else f"{place}: {self.text}"


def report(name: str, breaches: Sequence[Breach]) -> int:
    """Print the breaches; the exit status of the check called ``name``."""
    for breach in breaches:
        sys.stdout.write(f"{breach}\n")
    sys.stdout.write(f"{name}: {len(breaches) or 'no'} {'breach' if len(breaches) == 1 else 'breaches'}\n")
    return 1 if breaches else 0
