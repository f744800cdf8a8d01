"""The log of changes on a disk."""

from pathlib import Path

import pytest

from codex_proxy.access.audit.entries import Change, key_of
from codex_proxy.operations.access.auditing import AuditUnwritable
from codex_proxy.storage.dashboard.audit_log import AuditLog

KEY = key_of(b"installation")


def change(action: str) -> Change:
    return Change(at="2026-01-01T00:00:00Z", who="admin", address="127.0.0.1", action=action)


def log_in(folder: Path, *, most_bytes: int = 1 << 20) -> AuditLog:
    return AuditLog(folder, key=KEY, now=lambda: 0.0, most_bytes=most_bytes)


def filled(folder: Path, count: int = 4) -> AuditLog:
    log = log_in(folder)
    for number in range(1, count + 1):
        log.append((change(f"change {number}"),))
    return log


def actions(log: AuditLog, *, limit: int = 100, before: int | None = None) -> list[str]:
    return [entry.action for entry in log.entries(limit=limit, before=before)]


def test_entries_are_kept_in_order_for_their_owner_alone(tmp_path: Path) -> None:
    log = filled(tmp_path)
    assert actions(log) == ["change 4", "change 3", "change 2", "change 1"]
    assert actions(log, limit=2, before=4) == ["change 3", "change 2"]
    assert log.path.stat().st_mode & 0o777 == log.head_path.stat().st_mode & 0o777 == 0o600
    verdict = log.verify()
    assert (verdict.is_whole, verdict.entry_count) == (True, 4)


def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    assert log_in(tmp_path).verify().is_whole
    assert actions(log_in(tmp_path)) == []


def test_what_is_cut_off_at_the_end_is_seen_now_and_later(tmp_path: Path) -> None:
    log = filled(tmp_path)
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:2]))
    assert "missing at the end" in log.verify().problems[0]
    log.append((change("afterwards"),))
    assert actions(log)[:2] == ["afterwards", "entries missing at the end"]
    assert not log.verify().is_whole, "writing on heals nothing"


def test_what_is_changed_or_taken_out_is_seen(tmp_path: Path) -> None:
    log = filled(tmp_path)
    raw = log.path.read_bytes()
    log.path.write_bytes(raw.replace(b"change 2", b"change 9"))
    assert "seal does not fit" in log.verify().problems[0]
    lines = raw.splitlines(keepends=True)
    log.path.write_bytes(b"".join([lines[0], *lines[2:]]))
    assert "entry 3 follows entry 1" in log.verify().problems[0]


def test_a_log_without_its_head_is_seen(tmp_path: Path) -> None:
    log = filled(tmp_path)
    log.head_path.unlink()
    assert "head is missing" in log.verify().problems[0]
    log.append((change("afterwards"),))
    assert actions(log)[:2] == ["afterwards", "head missing or changed"]


def test_half_a_line_of_a_crash_is_removed_and_told(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    with log.path.open("ab") as file:
        file.write(b'{"seq":3,"at":')
    log.append((change("afterwards"),))
    assert actions(log) == ["afterwards", "half an entry removed", "change 2", "change 1"]
    assert log.verify().is_whole


def test_an_entry_whose_head_a_crash_prevented_is_kept(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    head = log.head_path.read_bytes()
    log.append((change("change 3"),))
    log.head_path.write_bytes(head)
    assert log.verify().is_whole
    log.append((change("change 4"),))
    assert actions(log)[:2] == ["change 4", "change 3"]
    assert log.verify().is_whole


def test_a_long_log_goes_on_in_another_file_and_stays_one_chain(tmp_path: Path) -> None:
    log = log_in(tmp_path, most_bytes=600)
    for number in range(1, 11):
        log.append((change(f"change {number}"),))
    assert len(list(tmp_path.glob("audit-*.jsonl"))) >= 2
    assert actions(log) == [f"change {number}" for number in range(10, 0, -1)]
    assert (log.verify().is_whole, log.verify().entry_count) == (True, 10)
    next(iter(sorted(tmp_path.glob("audit-*.jsonl")))).unlink()
    assert not log.verify().is_whole


def test_two_processes_write_one_chain(tmp_path: Path) -> None:
    first, second = log_in(tmp_path), log_in(tmp_path)
    for number in range(6):
        (first if number % 2 else second).append((change(f"change {number}"),))
    assert first.verify().is_whole


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("a file")
    with pytest.raises(AuditUnwritable, match="cannot be written"):
        log_in(place).append((change("x"),))
