"""Who calls the upstream, whose certificates are believed, and how long is waited."""

from pathlib import Path

import msgspec

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.canonical.target import ClientIdentity, Profile
from codex_proxy.operations.updates.versions import TrackedVersions
from codex_proxy.settings.schema import ClientSection, Settings
from codex_proxy.transports.clients import Timeouts


class PresentedClient:
    """The official client we present ourselves as, now: its versions follow the official ones."""

    def __init__(self, identity: ClientIdentity) -> None:
        self._identity = identity

    def __call__(self) -> ClientIdentity:
        return self._identity

    def present(self, client: ClientSection) -> None:
        """Another client from now on, in the versions that are in force."""
        now = self._identity
        self._identity = msgspec.structs.replace(
            client_identity(client, now.installation_id),
            engine_version=now.engine_version,
            desktop_version=now.desktop_version,
        )

    def take(self, versions: TrackedVersions) -> None:
        """These versions are in force from now on."""
        self._identity = msgspec.structs.replace(
            self._identity, engine_version=versions.engine, desktop_version=versions.desktop
        )


def client_identity(client: ClientSection, installation_id: str) -> ClientIdentity:
    """The official client we present ourselves as."""
    return ClientIdentity(
        profile=Profile(client.profile),
        engine_version=client.engine_version,
        desktop_version=client.app_version,
        platform=client.platform,
        arch=client.arch,
        terminal=client.terminal,
        installation_id=installation_id,
        originator=client.originator,
    )


def trusted_pem(ca_file: str | None) -> bytes | None:
    """The certificates to trust beside the system's.

    Raises:
        StartRefused: the file cannot be read.
    """
    if ca_file is None:
        return None
    try:
        return Path(ca_file).read_bytes()
    except OSError as error:
        raise StartRefused(f"tls.ca_file {ca_file} cannot be read: {error.strerror}") from error


def timeouts_of(settings: Settings) -> Timeouts:
    """How long every upstream may take."""
    return Timeouts(
        connect=settings.api.connect_timeout_seconds,
        headers=settings.api.headers_timeout_seconds,
        idle=settings.api.idle_timeout_seconds,
        total=settings.api.timeout_seconds,
    )
