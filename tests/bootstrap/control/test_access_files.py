"""The owner's password in the data directory."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.control.access_files import (
    AccessFiles,
    admin_file,
    first_link,
    refuse_unusable,
    setup_links,
    trusted_proxies,
)
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.access.kept import KeptAdmin, KeptPassword
from codex_proxy.settings.schema import SecuritySection, ServerSection, Settings
from codex_proxy.storage.sealing.sources import KeyFile

URL = "http://127.0.0.1:8080"


def files_in(folder: Path) -> AccessFiles:
    return AccessFiles(data_dir=folder, secret_keys=KeyFile(folder), pepper=b"pepper")


def test_a_start_without_a_password_makes_a_link_and_one_with_none(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    link = first_link(files, Settings(), url=URL, now=0.0)
    assert link is not None
    address, _, token = link.partition("#")
    assert (address, setup_links(files).fits(token, now=1.0)) == (f"{URL}/auth/setup", True)
    assert "pepper" not in repr(files)
    admin_file(files).save(KeptAdmin(password=KeptPassword(digest="x", set_at=0.0)))
    assert first_link(files, Settings(), url=URL, now=0.0) is None


def test_a_password_of_the_settings_needs_no_link(tmp_path: Path) -> None:
    settings = Settings(security=SecuritySection(dashboard_password="correct horse battery"))
    assert first_link(files_in(tmp_path), settings, url=URL, now=0.0) is None
    refuse_unusable(settings)


def test_s_06_a_damaged_password_file_is_no_start(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    admin_file(files).path.write_bytes(b"{")
    with pytest.raises(StartRefused, match="damaged"):
        first_link(files, Settings(), url=URL, now=0.0)


def test_what_cannot_be_used_is_no_start() -> None:
    with pytest.raises(StartRefused, match=r"security\.dashboard_password: a password needs 10"):
        refuse_unusable(Settings(security=SecuritySection(dashboard_password="pwd")))
    with pytest.raises(StartRefused, match=r"server\.trusted_proxies"):
        refuse_unusable(Settings(server=ServerSection(trusted_proxies=["nonsense"])))


def test_whom_the_settings_trust() -> None:
    headers = {"x-forwarded-for": "203.0.113.5"}
    for server, address in (
        (ServerSection(), "127.0.0.1"),
        (ServerSection(trust_proxy=True), "203.0.113.5"),
        (ServerSection(trusted_proxies=["127.0.0.1/32"]), "203.0.113.5"),
    ):
        origin = trusted_proxies(server).origin_of("127.0.0.1", headers, scheme="http")
        assert (origin.address, origin.remote) == (address, True)
