"""The journal."""

import hashlib

from codex_proxy.simulator.journal import MAX_ENTRIES, REDACTED, Entry, Journal, secretless


def entry(path: str = "/x") -> Entry:
    return Entry(method="POST", path=path, endpoint=path, at=0.0, headers=[("authorization", "Bearer secret")])


def test_entries_are_numbered_by_arrival_and_by_account() -> None:
    journal = Journal()
    for account in ("a", "b", "a"):
        journal.assign(journal.open(entry()), account)
    told = [(each.ordinal, each.account, each.account_ordinal) for each in journal.entries()]
    assert told == [(1, "a", 1), (2, "b", 1), (3, "a", 2)]


def test_tokens_are_not_kept() -> None:
    journal = Journal()
    journal.open(entry())
    assert journal.entries()[0].headers == [("authorization", REDACTED)]


def test_it_is_bounded_and_numbers_go_on_after_clearing() -> None:
    journal = Journal()
    for _ in range(MAX_ENTRIES + 1):
        journal.open(entry())
    assert len(journal) == MAX_ENTRIES
    journal.clear()
    assert journal.open(entry()).ordinal == MAX_ENTRIES + 2


def test_of_a_login_digests_are_kept_in_the_place_of_secrets() -> None:
    asked = {"grant_type": "refresh_token", "refresh_token": "rt_1", "code": 7}
    kept = {"refresh_token": f"sha256:{hashlib.sha256(b'rt_1').hexdigest()}"}
    assert secretless(asked) == asked | kept
    assert secretless("text") == "text"
