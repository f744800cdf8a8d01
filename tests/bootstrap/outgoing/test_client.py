"""Who calls the upstream."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.outgoing.client import PresentedClient, client_identity, timeouts_of, trusted_pem
from codex_proxy.canonical.target import Profile
from codex_proxy.operations.updates.versions import TrackedVersions
from codex_proxy.settings.schema import ApiSection, ClientSection, Settings
from codex_proxy.transports.clients import Timeouts


def test_the_client_is_the_settings_one() -> None:
    section = ClientSection(profile="cli", engine_version="1.2.3", platform="Debian 13", arch="arm64")
    identity = client_identity(section, "installed")
    assert (identity.profile, identity.engine_version, identity.installation_id) == (Profile.CLI, "1.2.3", "installed")
    assert (identity.platform, identity.arch, identity.desktop_version) == ("Debian 13", "arm64", section.app_version)


def test_another_client_is_presented_in_the_versions_in_force() -> None:
    presented = PresentedClient(client_identity(ClientSection(), "installed"))
    presented.take(TrackedVersions(engine="0.200.0", desktop="27.1.1"))
    presented.present(ClientSection(profile="cli", arch="arm64", engine_version="0.1.0"))
    identity = presented()
    assert (identity.profile, identity.arch, identity.installation_id) == (Profile.CLI, "arm64", "installed")
    assert (identity.engine_version, identity.desktop_version) == ("0.200.0", "27.1.1")


def test_certificates_are_read_and_a_missing_file_refuses_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"pem")
    assert trusted_pem(None) is None
    assert trusted_pem(str(tmp_path / "ca.pem")) == b"pem"
    with pytest.raises(StartRefused, match=r"tls\.ca_file .*none\.pem cannot be read"):
        trusted_pem(str(tmp_path / "none.pem"))


def test_every_upstream_is_waited_for_as_long_as_the_settings_say() -> None:
    api = ApiSection(connect_timeout_seconds=1, headers_timeout_seconds=2, idle_timeout_seconds=3)
    assert timeouts_of(Settings(api=api)) == Timeouts(connect=1, headers=2, idle=3)
    assert timeouts_of(Settings()) == Timeouts()
