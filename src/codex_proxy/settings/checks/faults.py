"""What is wrong with a configuration: which key, where it stands, and what would be right."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    ``source`` is where it stands, such as ``local.yaml:3`` or ``environment PORT``; ``message`` holds no value of a
    secret.  ``file`` and ``line`` are there where a file is to blame, ``key`` where one key is.
    """

    source: str
    message: str
    key: str | None = None
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        named = "" if self.key is None or self.key in self.message else f"{self.key}: "
        return f"{self.source}: {named}{self.message}"


class SettingsError(Exception):
    """The configuration cannot be used; ``problems`` are its faults as sentences."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each."""
        return tuple(map(str, self.faults))
