"""What counts as a release, and which of two is newer."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.operations.updates.own.releases import (
    MAX_INDEX_BYTES,
    BadIndex,
    Release,
    find,
    is_index,
    is_version,
    newest,
    parse_releases,
    project_url,
)
from tests.operations.updates.own.world import SHA, file, project

NOT_OURS = {
    "yanked": file("0.2.0", yanked=True),
    "yanked with a reason": file("0.2.0", yanked="broken"),
    "for another Python": file("0.2.0", **{"requires-python": ">=4"}),
    "with a condition that is none": file("0.2.0", **{"requires-python": "soon"}),
    "without a hash": file("0.2.0", hashes={}),
    "with another kind of hash": file("0.2.0", hashes={"md5": "ab"}),
    "with a hash that is none": file("0.2.0", hashes={"sha256": "x" * 64}),
    "a source": file("0.2.0", filename="codex_proxy-0.2.0.tar.gz"),
    "of another project": file("0.2.0", filename="codex_proxy_evil-0.2.0-py3-none-any.whl"),
    "of no version": file("0.2.0", filename="codex_proxy-latest-py3-none-any.whl"),
    "of a huge version": file("0.2.0", filename=f"codex_proxy-1{'0' * 60}-py3-none-any.whl"),
}


def releases(*files: dict[str, object]) -> tuple[Release, ...]:
    return parse_releases(project(*files), name="codex-proxy", python="3.12.4")


def test_releases_come_in_the_order_of_their_versions_with_the_hashes_of_their_wheels() -> None:
    other = file("0.10.0", hashes={"sha256": "cd" * 32}, filename="codex_proxy-0.10.0-cp312-cp312-linux_x86_64.whl")
    told = releases(file("0.10.0"), file("0.9.0", **{"requires-python": ">=3.11"}), other)
    assert [each.version for each in told] == ["0.9.0", "0.10.0"]
    assert told[1].hashes == (SHA, "cd" * 32)


@pytest.mark.parametrize("name", NOT_OURS)
def test_u_13_a_file_that_is_no_release_for_us_does_not_count(name: str) -> None:
    assert releases(NOT_OURS[name]) == ()


@given(st.binary(max_size=300))
def test_u_13_whatever_an_index_answers_is_releases_or_none(body: bytes) -> None:
    with contextlib.suppress(BadIndex):
        assert parse_releases(body, name="codex-proxy", python="3.12.4") == ()


def test_u_13_an_answer_without_end_is_none() -> None:
    with pytest.raises(BadIndex, match="larger"):
        parse_releases(b" " * (MAX_INDEX_BYTES + 1), name="codex-proxy", python="3.12.4")


def test_u_13_only_what_is_newer_is_an_update() -> None:
    known = releases(file("0.1.0"), file("0.2.0"), file("0.3.0rc1"))
    found = newest(known, than="0.1.0", prereleases=False)
    assert found is not None
    assert found.version == "0.2.0"
    assert newest(known, than="0.2.0", prereleases=False) is None
    assert newest(known, than="0.2.0.post1", prereleases=False) is None
    early = newest(known, than="0.2.0", prereleases=True)
    assert early is not None
    assert early.version == "0.3.0rc1"
    assert newest((), than="0.1.0", prereleases=True) is None


def test_one_release_is_found_by_its_version() -> None:
    known = releases(file("0.1.0"), file("0.2.0"))
    assert find(known, "0.1") == known[0]
    assert find(known, "0.3") is None


def test_an_index_is_an_address_without_secrets() -> None:
    assert project_url("https://index.invalid/simple", "codex-proxy") == "https://index.invalid/simple/codex-proxy/"
    assert is_index("https://index.invalid/simple/")
    for url in ("ftp://a/", "https://", "https://user:secret@a/", "https://a/?key=1", "https://a:0/", "https://[", "a"):
        assert not is_index(url), url
    assert [is_version(text) for text in ("1.2.3rc1", "one", "1" * 40)] == [True, False, False]
