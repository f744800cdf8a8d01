"""Versions only grow, and are numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.operations.updates.versions import (
    DesktopRelease,
    TrackedVersions,
    is_build,
    is_newer,
    is_version,
    newest,
)

NOW = TrackedVersions(engine="0.169.0", desktop="26.1120.10001", desktop_build="9001")


@pytest.mark.parametrize("text", ["0.169.0", "26.1120.10001", "1.0", "1.2.3.4", "999999.0"])
def test_versions(text: str) -> None:
    assert is_version(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "0.171.0-alpha.1",
        "v1.0",
        "1..0",
        ".1.0",
        "1.0.",
        "1.2.3.4.5",
        "1.0\n",
        "٣.٤",
        "9999999.0",
        "1." + "0" * 40,
    ],
)
def test_u_13_what_is_no_version(text: str) -> None:
    assert not is_version(text)
    assert not is_newer(text, "0.1")


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("0.170.0", "0.169.0", True),
        ("0.1000.0", "0.999.9", True),
        ("1.0.0", "0.169.0", True),
        ("0.169.0.1", "0.169.0", True),
        ("0.169.0", "0.169.0", False),
        ("0.169", "0.169.0", False),
        ("0.168.9", "0.169.0", False),
        ("0.9.0", "0.169.0", False),
        ("31.1.1", "26.1120.10001", True),
        ("32.1.1", "26.1120.10001", False),
        ("999999.0", "0.169.0", False),
        ("0.170.0", "of the owner's own", True),
    ],
)
def test_u_13_newer_is_by_number_never_back_and_never_by_a_leap(version: str, than: str, newer: bool) -> None:
    assert is_newer(version, than) is newer


def test_builds_are_numbers() -> None:
    assert is_build("9001")
    assert not any(is_build(text) for text in ("", "9.1", "x", "-1", "1" * 11))


def test_each_version_moves_for_itself() -> None:
    release = DesktopRelease(version="26.1201.1", build="9100")
    assert newest(NOW, engine=None, desktop=None) == NOW
    assert newest(NOW, engine="0.168.0", desktop=DesktopRelease(version="26.1119.1", build="9999")) == NOW
    moved = newest(NOW, engine="0.170.0", desktop=release)
    assert moved == TrackedVersions(engine="0.170.0", desktop="26.1201.1", desktop_build="9100")
    assert newest(moved, engine="0.169.5", desktop=DesktopRelease(version="26.1201.1")) == moved


@given(st.lists(st.text(alphabet="0123456789.", max_size=12)))
def test_no_run_of_findings_ever_goes_back(found: list[str]) -> None:
    versions = NOW
    for text in found:
        after = newest(versions, engine=text, desktop=None)
        assert after == versions or is_newer(after.engine, versions.engine)
        versions = after
