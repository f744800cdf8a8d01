"""The settings as operations know them: plain values by dotted key, and what is wrong with a text.

Rules of this file: objects are made here, rules are elsewhere.  What would keep the next start from serving is wrong
here already.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import msgspec

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.settings.parts import SettingsRefused, Wrong
from codex_proxy.settings.asked import faults_of, refused_key
from codex_proxy.settings.checks.faults import Fault, SettingsError
from codex_proxy.settings.keys import Change
from codex_proxy.settings.load import LoadedSettings, fault_at, found_in, known_keys, marks_of
from codex_proxy.settings.schema import Settings
from codex_proxy.settings.telling import changed_keys, plain_values, secret_keys, shown, with_values_of

Objections = Callable[[Settings], Iterable[tuple[str, str]]]
"""Why settings cannot be served with: a key and a sentence each."""

RESTART_KEYS: Final = frozenset(
    name for name, info in known_keys().items() if marks_of(info)["change"] == Change.RESTART.value
)
"""Keys whose values count from the next start on."""


@dataclass(frozen=True, kw_only=True)
class ConfiguredSettings:
    """Implements the operations' ``Configured``; ``began`` is what the process began with."""

    loaded: LoadedSettings
    began: LoadedSettings

    @property
    def started(self) -> Settings:
        """The settings that the process began with."""
        return self.began.settings

    @cached_property
    def in_force(self) -> Settings:
        """The settings to go by until the next start."""
        return with_values_of(self.loaded.settings, self.started, RESTART_KEYS)

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """See ``Configured``."""
        return plain_values(self.loaded.settings)

    @cached_property
    def pending(self) -> tuple[str, ...]:
        """See ``Configured``."""
        return changed_keys(self.started, self.loaded.settings, sorted(RESTART_KEYS))

    @cached_property
    def effective(self) -> Mapping[str, Any]:
        """See ``Configured``."""
        return plain_values(self.in_force)

    @property
    def effective_sources(self) -> Mapping[str, str]:
        """See ``Configured``."""
        return {**self.loaded.provenance, **{name: self.began.provenance[name] for name in self.pending}}

    @property
    def text(self) -> str:
        """See ``Configured``."""
        return self.loaded.text

    @property
    def in_file(self) -> Mapping[str, Any]:
        """See ``Configured``."""
        return self.loaded.in_file

    @property
    def sources(self) -> Mapping[str, str]:
        """See ``Configured``."""
        return self.loaded.provenance

    @property
    def overriding(self) -> Mapping[str, str]:
        """See ``Configured``."""
        return self.loaded.overriding


class SettingsSchema:
    """Implements the operations' ``Schema`` over the configuration's own."""

    def __init__(self, loaded: LoadedSettings, objections: Objections) -> None:
        self._loaded = loaded
        self._objections = objections
        self.secret_keys = secret_keys()

    def started(self) -> ConfiguredSettings:
        """The settings that the process began with."""
        return ConfiguredSettings(loaded=self._loaded, began=self._loaded)

    def shown(self, name: str, value: Any) -> Any:
        """See ``Schema``."""
        return shown(name, value)

    def faults_of(self, values: Mapping[str, Any]) -> Sequence[Wrong]:
        """See ``Schema``."""
        there = {name: value for name, value in values.items() if value is not msgspec.UNSET}
        gone = [refused_key(name) for name in values.keys() - there.keys()]
        return [_wrong(fault) for fault in (*faults_of(there), *gone) if fault is not None]

    def read(self, text: str) -> ConfiguredSettings:
        """See ``Schema``."""
        try:
            loaded = self._loaded.anew(text)
        except SettingsError as error:
            raise SettingsRefused([_wrong(fault) for fault in error.faults]) from error
        except StartRefused as error:
            raise SettingsRefused([Wrong(message=str(error), source=str(self._loaded.path))]) from error
        places = found_in(loaded)
        wrong = [_wrong(fault_at(places, key, message)) for key, message in self._objections(loaded.settings)]
        if wrong:
            raise SettingsRefused(wrong)
        return ConfiguredSettings(loaded=loaded, began=self._loaded)


def _wrong(fault: Fault) -> Wrong:
    return Wrong(message=fault.message, source=fault.source, key=fault.key, file=fault.file, line=fault.line)
