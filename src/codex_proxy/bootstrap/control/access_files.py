"""The owner's password in the data directory, for the start as for the control plane.

Rules of this file: loads nothing that a gateway without visitors does without.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codex_proxy.access.dashboard.forwarded import LOOPBACK_NETWORKS, TrustedProxies
from codex_proxy.access.dashboard.passwords import why_not
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.access.kept import AdminUnreadable
from codex_proxy.operations.access.setup_links import SetupLinks
from codex_proxy.settings.schema import ServerSection, Settings
from codex_proxy.storage.dashboard.admin_file import AdminFile
from codex_proxy.storage.sealing.sources import KeySource

_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFiles:
    """Where the password is kept, the keys that seal its second factor, and what keys hashes (``pepper``)."""

    data_dir: Path
    secret_keys: KeySource
    pepper: bytes

    def __repr__(self) -> str:
        return f"AccessFiles(data_dir={self.data_dir!r})"


def admin_file(files: AccessFiles) -> AdminFile:
    """The file of the password."""
    return AdminFile(files.data_dir, files.secret_keys)


def setup_links(files: AccessFiles) -> SetupLinks:
    """The maker of setup links."""
    return SetupLinks(admin_file(files), pepper=files.pepper, new_token=lambda: secrets.token_urlsafe(_SECRET_BYTES))


def first_link(files: AccessFiles, settings: Settings, *, url: str, now: float) -> str | None:
    """A setup link where there is no password yet; raises ``StartRefused``."""
    try:
        if settings.security.dashboard_password is not None or admin_file(files).load().password is not None:
            return None
        return setup_links(files).make(url, now=now)[0]
    except AdminUnreadable as error:
        raise StartRefused(str(error)) from error


def trusted_proxies(server: ServerSection) -> TrustedProxies:
    """The proxies that are believed; raises ``StartRefused`` for what is no network."""
    try:
        return TrustedProxies([*server.trusted_proxies, *(LOOPBACK_NETWORKS if server.trust_proxy else ())])
    except ValueError as error:
        raise StartRefused(f"server.trusted_proxies: {error}") from error


def refuse_unusable(settings: Settings) -> None:
    """See to it that what the settings say of access can be used; raises ``StartRefused``."""
    trusted_proxies(settings.server)
    password = settings.security.dashboard_password
    reason = None if password is None else why_not(password)
    if reason is not None:
        raise StartRefused(f"security.dashboard_password: {reason}")
