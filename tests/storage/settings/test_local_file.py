"""The owner's file: read, replaced, left alone."""

import stat
from pathlib import Path

import pytest

from codex_proxy.operations.settings.parts import FileChanged, SettingsFile, SettingsNotKept
from codex_proxy.storage.settings.local_file import LocalFile


def made(folder: Path) -> SettingsFile:
    return LocalFile(folder / "local.yaml", data_dir=folder)


def test_a_missing_file_says_nothing_and_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file, path = made(tmp_path), tmp_path / "local.yaml"
    assert (file.read(), file.mark(), file.name) == ("", (), str(path))
    file.write("a: 1\n", instead_of="")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert file.read() == "a: 1\n"


def test_a_file_that_others_may_read_is_its_owners_again(tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    path.write_text("a: 1\n")
    path.chmod(0o644)
    made(tmp_path).write("a: 2\n", instead_of="a: 1\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["local.yaml"]


def test_what_somebody_else_wrote_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    path.write_text("theirs: 1\n")
    with pytest.raises(FileChanged, match="nothing was written"):
        made(tmp_path).write("mine: 1\n", instead_of="")
    assert path.read_text() == "theirs: 1\n"


def test_the_mark_is_another_after_every_change(tmp_path: Path) -> None:
    file, marks = made(tmp_path), set()
    for text in ("", "a: 1\n", "a: 2\n", "a: 1\n"):
        if text:
            (tmp_path / "local.yaml").write_text(text)
        marks.add(file.mark())
    assert len(marks) == 4
    assert file.mark() in marks


def test_only_one_of_us_writes_at_a_time(tmp_path: Path) -> None:
    with made(tmp_path).lock():
        assert (tmp_path / ".locks" / "settings.lock").exists()
    with made(tmp_path).lock():
        pass


def test_values_are_put_into_the_text_or_the_file_is_named(tmp_path: Path) -> None:
    assert made(tmp_path).edited("a:\n  b: 1  # c\n", {"a.b": 2}) == "a:\n  b: 2  # c\n"
    with pytest.raises(SettingsNotKept, match=r"local\.yaml is not valid YAML; it was left alone"):
        made(tmp_path).edited("a: [", {"a.b": 2})


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    gone = LocalFile(tmp_path / "gone" / "local.yaml", data_dir=tmp_path)
    with pytest.raises(SettingsNotKept, match="cannot be written: No such file or directory"):
        gone.write("a: 1\n", instead_of="")
    (tmp_path / "local.yaml").mkdir()
    with pytest.raises(SettingsNotKept, match="cannot be read: Is a directory"):
        made(tmp_path).read()
    (tmp_path / "text").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsNotKept, match="cannot be read: not UTF-8 text"):
        LocalFile(tmp_path / "text", data_dir=tmp_path).read()
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingsNotKept, match="cannot be written"),
        LocalFile(tmp_path / "x", data_dir=tmp_path / "file").lock(),
    ):
        pass
