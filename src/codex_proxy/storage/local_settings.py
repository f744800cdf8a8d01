"""The owner's configuration file, changed by the program: the values given and nothing else.

Rules of this file: comments, order and spelling of everything else stay; the file is replaced in one step, readable by
its owner only; one that cannot be understood is left alone.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from codex_proxy.operations.ollama_bridge import SettingsNotKept
from codex_proxy.storage.private_files import replace_private_file

_LINE_WIDTH: Final = 4096  # long values stay on the line they are on


class LocalSettings:
    """Implements the operations' ``SettingsKeeper`` in a YAML file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, values: Mapping[str, Any]) -> None:
        """See ``SettingsKeeper``; the file is made where there is none."""
        if not values:
            return
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsNotKept(f"{self._path} cannot be read: {_reason(error)}") from error
        try:
            replace_private_file(self._path, self._changed(text, values).encode())
        except OSError as error:
            raise SettingsNotKept(f"{self._path} cannot be written: {_reason(error)}") from error

    def _changed(self, text: str, values: Mapping[str, Any]) -> str:
        yaml = YAML(typ="rt")
        yaml.preserve_quotes = True
        yaml.width = _LINE_WIDTH
        try:
            sections = yaml.load(text)
        except YAMLError as error:
            raise SettingsNotKept(f"{self._path} is not valid YAML; it was left alone") from error
        before = ""
        if sections is None:
            before = "".join(f"{line}\n" for line in text.splitlines() if line.lstrip().startswith("#"))
            sections = CommentedMap()
        for name, value in values.items():
            self._set(sections, name, value)
        out = io.StringIO()
        yaml.dump(sections, out)
        return before + out.getvalue()

    def _set(self, sections: Any, name: str, value: Any) -> None:
        section, _, member = name.partition(".")
        if not isinstance(sections, CommentedMap) or not isinstance(sections.get(section), CommentedMap | None):
            raise SettingsNotKept(f"{self._path} has no section {section} with keys; it was left alone")
        if sections.get(section) is None:
            sections[section] = CommentedMap()
        sections[section][member] = value


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return getattr(error, "strerror", None) or "not UTF-8 text"
