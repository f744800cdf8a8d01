"""The translation ledger as a reply header: what was dropped, approximated or invented so far."""

from collections.abc import Iterable
from typing import Final

from codex_proxy.canonical.notes import Note

NOTES_HEADER: Final = "x-codex-proxy-notes"
LIMIT_BYTES: Final = 1024  # header space is bounded; the whole ledger goes to the log

_MORE: Final = "..."


def notes_value(notes: Iterable[Note]) -> str:
    """``path;verdict`` entries, comma separated, lossy ones first; empty without notes."""
    entries = sorted({(note.weight.value != "lossy", f"{_plain(note.path)};{note.verdict.value}") for note in notes})
    value = ""
    for _, entry in entries:
        longer = f"{value}, {entry}" if value else entry
        if len(longer) > LIMIT_BYTES - len(_MORE) - 2:
            return f"{value}, {_MORE}" if value else _MORE
        value = longer
    return value


def _plain(path: str) -> str:
    return "".join(character if " " < character < "\x7f" and character not in ",;" else "_" for character in path)
