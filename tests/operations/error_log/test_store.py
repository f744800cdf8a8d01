"""What is asked of whatever keeps the error log."""

from codex_proxy.operations.error_log.store import ErrorStore, GroupState
from codex_proxy.storage.request_log.error_reading import SqliteErrors


def test_the_file_is_such_a_store_and_knows_three_states() -> None:
    kept: type[ErrorStore] = SqliteErrors
    assert all(hasattr(kept, verb) for verb in ("groups", "reports", "add", "set_state", "see", "clear"))
    assert [state.value for state in GroupState] == ["open", "ignored", "resolved"]
