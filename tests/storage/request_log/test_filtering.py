"""Which rows are wanted, in SQL."""

from codex_proxy.operations.request_log.store import Wanted
from codex_proxy.storage.request_log.filtering import where_of


def test_nothing_wanted_is_everything() -> None:
    assert where_of(Wanted()) == ("1", ())
    assert where_of(Wanted(before=5)) == ("1", ())


def test_what_a_client_wrote_is_a_parameter() -> None:
    nasty = "' OR 1 --"
    where, values = where_of(Wanted(search=nasty, model=nasty, key=nasty, failure=nasty, min_duration_ms=1.0))
    assert nasty not in where
    assert values.count(nasty) == 5
    assert 1.0 in values
