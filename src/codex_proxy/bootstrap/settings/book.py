"""The book of settings, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Mapping
from typing import Final

import structlog

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.settings.configured import SettingsSchema
from codex_proxy.bootstrap.settings.objections import objections_in
from codex_proxy.operations.settings.book import BookParts, SettingsBook
from codex_proxy.operations.settings.parts import Following, Wrong
from codex_proxy.settings.load import LoadedSettings
from codex_proxy.storage.settings.local_file import LocalFile
from codex_proxy.storage.settings.revisions_file import RevisionsFile

_LOG: Final = "codex_proxy"


def settings_book(loaded: LoadedSettings, environ: Mapping[str, str], following: Following) -> SettingsBook:
    """The book over the file that the settings were read from."""
    schema = SettingsSchema(loaded, objections_in(environ))
    return SettingsBook(
        BookParts(
            schema=schema,
            file=LocalFile(loaded.path, data_dir=loaded.data_dir),
            following=following,
            revisions=RevisionsFile(loaded.data_dir),
            now=SystemClock().now,
            tell=_tell,
        ),
        schema.started(),
    )


def _tell(words: str, faults: tuple[Wrong, ...]) -> None:
    log = structlog.get_logger(_LOG)
    if faults:
        log.warning(words, faults=[f"{fault.source}: {fault}" for fault in faults])
    else:
        log.info(words)
