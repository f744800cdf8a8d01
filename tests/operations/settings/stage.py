"""A book of settings over a file in memory and a schema of three keys."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from codex_proxy.operations.settings.book import MASKED, BookParts, SettingsBook
from codex_proxy.operations.settings.history import Revision
from codex_proxy.operations.settings.parts import (
    CannotFollow,
    Configured,
    FileChanged,
    SettingsNotKept,
    SettingsRefused,
    Wrong,
)

DEFAULTS: Mapping[str, Any] = {"a.live": 1, "a.restart": 1, "a.key": None}


@dataclass(frozen=True, kw_only=True)
class Told:
    """Implements ``Configured``."""

    text: str
    in_file: Mapping[str, Any]

    @property
    def values(self) -> Mapping[str, Any]:
        return {**DEFAULTS, **self.in_file}

    @property
    def sources(self) -> Mapping[str, str]:
        return {name: "file" if name in self.in_file else "default" for name in DEFAULTS}

    @property
    def overriding(self) -> Mapping[str, str]:
        return {}

    @property
    def effective(self) -> Mapping[str, Any]:
        return {**self.values, "a.restart": DEFAULTS["a.restart"]}

    @property
    def effective_sources(self) -> Mapping[str, str]:
        return {**self.sources, "a.restart": "default"}

    @property
    def pending(self) -> tuple[str, ...]:
        return ("a.restart",) if self.values["a.restart"] != DEFAULTS["a.restart"] else ()


class JsonSchema:
    """Implements ``Schema``: the text is JSON, numbers are below 100, and ``a.live`` is no 13 together with others."""

    secret_keys = frozenset({"a.key"})

    def shown(self, name: str, value: Any) -> Any:
        return MASKED if value and name in self.secret_keys else value

    def faults_of(self, values: Mapping[str, Any]) -> Sequence[Wrong]:
        unknown = [name for name in values if name not in DEFAULTS]
        return [Wrong(message=f"unknown key {name}", source="request", key=name) for name in unknown]

    def read(self, text: str) -> Told:
        try:
            told = msgspec.json.decode(text or "{}", type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise SettingsRefused([Wrong(message="no JSON", source="file:1", file="file", line=1)]) from error
        for name, value in told.items():
            if value == 13:
                raise SettingsRefused([Wrong(message="unlucky", source="file:2", key=name, file="file", line=2)])
        return Told(text=text, in_file=told)


class MemoryFile:
    """Implements ``SettingsFile``; ``on_write`` happens just before a write, ``broken`` is why nothing can be done."""

    name = "file"

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.broken = ""
        self.on_write = ""
        self.writes = 0

    @contextmanager
    def lock(self) -> Iterator[None]:
        yield

    def mark(self) -> tuple[int, ...]:
        return tuple(self.text.encode()) if not self.broken else ()

    def read(self) -> str:
        if self.broken:
            raise SettingsNotKept(self.broken)
        return self.text

    def edited(self, text: str, values: Mapping[str, Any]) -> str:
        told = {**msgspec.json.decode(text or "{}"), **values}
        left = {name: value for name, value in told.items() if value is not msgspec.UNSET}
        return msgspec.json.encode(left).decode() if left else ""

    def write(self, text: str, *, instead_of: str) -> None:
        if self.on_write:
            self.text, self.on_write = self.on_write, ""
        if self.text != instead_of:
            raise FileChanged(self.name)
        if self.broken or text.endswith('"full"}'):
            raise SettingsNotKept("disk full")
        self.text = text
        self.writes += 1


class Listening:
    """Implements ``Following``: cannot follow a 7."""

    def __init__(self) -> None:
        self.heard: list[Mapping[str, Any]] = []

    async def take(self, configured: Configured) -> None:
        if configured.values["a.live"] == 7:
            raise CannotFollow("a.live", "7 is taken")
        self.heard.append(configured.values)


class MemoryRevisions:
    """Implements ``RevisionStore``."""

    def __init__(self) -> None:
        self.kept: tuple[Revision, ...] = ()
        self.broken = False

    def load(self) -> tuple[Revision, ...]:
        return self.kept

    def keep(self, revisions: Sequence[Revision]) -> None:
        if self.broken:
            raise SettingsNotKept("disk full")
        self.kept = tuple(revisions)


class Stage:
    """The book and everything about it; ``told`` are the sentences for the log."""

    def __init__(self, text: str = "") -> None:
        self.file, self.following, self.revisions = MemoryFile(text), Listening(), MemoryRevisions()
        self.told: list[tuple[str, tuple[Wrong, ...]]] = []
        schema = JsonSchema()
        self.book = SettingsBook(
            BookParts(
                schema=schema,
                file=self.file,
                following=self.following,
                revisions=self.revisions,
                now=lambda: 1000.0,
                tell=lambda words, faults: self.told.append((words, faults)),
            ),
            schema.read(text),
        )
