"""The error log over the request log's file."""

from pathlib import Path

import pytest

from codex_proxy.operations.error_log.reports import kept_report, trouble_of_report
from codex_proxy.operations.error_log.store import GroupState
from codex_proxy.operations.request_log.store import LogUnusable
from tests.operations.error_log.samples import CLEANING, report
from tests.operations.request_log.samples import failed
from tests.storage.request_log.keeping import Log


def add(log: Log, message: str, at: float) -> str:
    kept = kept_report(report(message, context={"at": at}), CLEANING, at=at, version="1", platform="here")
    trouble = trouble_of_report(kept)
    log.errors.add(trouble, kept)
    return trouble.signature


def test_groups_have_their_last_report(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write([failed("req_1")])
    first, _ = add(log, "it broke", 2_000.0), add(log, "it broke", 3_000.0)
    other = add(log, "something else", 2_500.0)
    groups = log.errors.groups()
    assert [group.signature for group in groups[:2]] == [first, other]
    assert [group.latest.at if group.latest else None for group in groups] == [3_000.0, 2_500.0, None]
    assert [(signature, kept.at) for signature, kept in log.errors.reports(2)] == [(other, 2_500.0), (first, 3_000.0)]
    log.queue.close()


def test_changes_are_made_in_their_turn_and_told(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.add([failed("req_1")])
    assert log.errors.see() == 1
    [group] = log.errors.groups()
    assert (group.unread_count, group.samples) == (0, ("req_1",))
    assert log.errors.set_state(group.signature, GroupState.IGNORED)
    assert not log.errors.set_state("nobody", GroupState.IGNORED)
    log.errors.clear()
    assert log.errors.groups() == ()
    log.queue.close()
    with pytest.raises(LogUnusable):
        log.errors.clear()


def test_without_a_file_there_are_no_errors(tmp_path: Path) -> None:
    log = Log(tmp_path / "nowhere")
    assert (log.errors.groups(), log.errors.reports(5)) == ((), ())
