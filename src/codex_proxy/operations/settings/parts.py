"""What changing settings works with: what a value must be, where settings are kept, and who follows them.

Rules of this file: values are plain (numbers, texts, lists, maps) and keyed by dotted name; ``msgspec.UNSET`` stands
for a key that the file does not have.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from codex_proxy.operations.settings.history import Revision


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with settings; ``source`` says where it stands, ``line`` counts from 1."""

    message: str
    source: str
    key: str | None = None
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        named = "" if self.key is None or self.key in self.message else f"{self.key}: "
        return f"{named}{self.message}"


class SettingsRefused(Exception):
    """Settings cannot be used; ``faults`` say why, one by one."""

    def __init__(self, faults: Sequence[Wrong]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


class FileUnusable(Exception):
    """The file was edited by hand and cannot be used: it is to be repaired before anything is written into it."""

    def __init__(self, faults: Sequence[Wrong]) -> None:
        told = "; ".join(f"{fault.source}: {fault}" for fault in faults)
        super().__init__(f"the configuration file has to be repaired first: {told}")
        self.faults = tuple(faults)


class RevisionConflict(Exception):
    """The settings are others than those that the caller knew; ``revision`` is the present one."""

    def __init__(self, revision: str) -> None:
        super().__init__("the settings were changed meanwhile; look at them again")
        self.revision = revision


class FileChanged(Exception):
    """The file was changed while it was being written; nothing was written."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} was changed meanwhile; nothing was written")


class SettingsNotKept(Exception):
    """The settings cannot be written; one sentence."""


class CannotFollow(Exception):
    """Somebody cannot do as the new settings say, and everything is as before; one sentence."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class Configured(Protocol):
    """Settings as the sources say them, good to be used."""

    @property
    def text(self) -> str:
        """What stands in the file."""
        ...

    @property
    def in_file(self) -> Mapping[str, Any]:
        """What the file says, by key."""
        ...

    @property
    def values(self) -> Mapping[str, Any]:
        """Every key's value, whoever says it."""
        ...

    @property
    def sources(self) -> Mapping[str, str]:
        """Who says each value."""
        ...

    @property
    def overriding(self) -> Mapping[str, str]:
        """The flags and variables that win over the file."""
        ...

    @property
    def effective(self) -> Mapping[str, Any]:
        """Every key's value that is in force: one that is pending is not."""
        ...

    @property
    def effective_sources(self) -> Mapping[str, str]:
        """Who said, or says, each of those."""
        ...

    @property
    def pending(self) -> tuple[str, ...]:
        """Keys whose values count from the next start on, since another value is in force."""
        ...


class Schema(Protocol):
    """What settings must be."""

    @property
    def secret_keys(self) -> frozenset[str]:
        """Keys whose values nobody is shown."""
        ...

    def shown(self, name: str, value: Any) -> Any:
        """A value as everybody may see it: masked where it is a secret, or has one in it."""
        ...

    def faults_of(self, values: Mapping[str, Any]) -> Sequence[Wrong]:
        """What is wrong with values that somebody asks for, each by itself; UNSET for a key that is to go."""
        ...

    def read(self, text: str) -> Configured:
        """The settings where this stands in the file.

        Raises:
            SettingsRefused: they cannot be used.
        """
        ...


class Following(Protocol):
    """Everybody who goes by the settings."""

    async def take(self, configured: Configured) -> None:
        """These are in force from now on, as far as that is possible without a start.

        Raises:
            CannotFollow: somebody cannot do as they say.
        """
        ...


class SettingsKeeper(Protocol):
    """Changes settings."""

    async def keep(self, values: Mapping[str, Any]) -> None:
        """Change these and no others, by key, and keep them.

        Raises:
            SettingsRefused: a value is not what its key wants, or may not be changed here.
            FileUnusable: the file was edited by hand and cannot be used.
            CannotFollow: somebody cannot do as it says.
            FileChanged: somebody else wrote the file at the same time.
            SettingsNotKept: it cannot be written.
        """
        ...


class SettingsFile(Protocol):
    """The owner's file; every verb may wait for the disk."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Nobody else of us writes while the block runs, in whichever process; raises ``SettingsNotKept``."""
        ...

    def mark(self) -> tuple[int, ...]:
        """Something that is another after every change."""
        ...

    def read(self) -> str:
        """What stands in it, nothing where there is none; raises ``SettingsNotKept``."""
        ...

    def edited(self, text: str, values: Mapping[str, Any]) -> str:
        """The text with these values, UNSET for keys that are to go; raises ``SettingsNotKept``."""
        ...

    def write(self, text: str, *, instead_of: str) -> None:
        """Write this in place of what was read.

        Raises:
            FileChanged: something else stands in it by now.
            SettingsNotKept: it cannot be written.
        """
        ...


class RevisionStore(Protocol):
    """Keeps what was changed, newest last; both raise ``SettingsNotKept``."""

    def load(self) -> tuple[Revision, ...]:
        """All that is kept."""
        ...

    def keep(self, revisions: Sequence[Revision]) -> None:
        """Keep these and no others."""
        ...
