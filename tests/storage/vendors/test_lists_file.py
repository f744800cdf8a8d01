"""Lists of models in a file."""

from pathlib import Path

import pytest

from codex_proxy.operations.vendor_keys.lists import KeptList, ListsUnkept
from codex_proxy.storage.vendors.lists_file import LISTS_FILE, ListsFile
from codex_proxy.vendors.profile import SuggestedModel

LIST = KeptList(vendor="v", base_url="https://x.example", fetched_at=5.0, models=(SuggestedModel(id="a"),))


def test_lists_come_back_and_the_file_is_its_owners(tmp_path: Path) -> None:
    assert ListsFile(tmp_path).load() == {}
    ListsFile(tmp_path).keep({"d": LIST})
    assert ListsFile(tmp_path).load() == {"d": LIST}
    assert (tmp_path / LISTS_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"[]", b'{"d": 5}', b"\xff", b"[" * 100_000])
def test_what_cannot_be_read_is_left_alone_and_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LISTS_FILE).write_bytes(content)
    with pytest.raises(ListsUnkept, match="holds something else"):
        ListsFile(tmp_path).load()
    assert (tmp_path / LISTS_FILE).read_bytes() == content


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / LISTS_FILE).mkdir()
    with pytest.raises(ListsUnkept, match="cannot be read"):
        ListsFile(tmp_path).load()
    with pytest.raises(ListsUnkept, match="cannot be written"):
        ListsFile(tmp_path / "missing").keep({})
