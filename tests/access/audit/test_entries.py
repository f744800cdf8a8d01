"""Entries and their seals."""

import pytest

from codex_proxy.access.audit.entries import NO_SEAL, Change, Unreadable, head_of, is_ours, key_of, opened, sealed

KEY = key_of(b"installation")
CHANGE = Change(
    at="2026-01-01T00:00:00Z",
    who="admin",
    address="127.0.0.1",
    action="DELETE /x",
    details={"n": 1, "b": True, "s": "x"},
)


def test_an_entry_comes_back_with_its_seal() -> None:
    line, seal = sealed(CHANGE, seq=1, prev=NO_SEAL, key=KEY)
    entry, found = opened(line, KEY)
    assert (entry.seq, entry.who, entry.details, found) == (1, "admin", {"n": 1, "b": True, "s": "x"}, seal)


def test_every_changed_byte_is_seen() -> None:
    line, _ = sealed(CHANGE, seq=1, prev=NO_SEAL, key=KEY)
    for place in range(len(line)):
        changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
        with pytest.raises(Unreadable):
            opened(changed, KEY)


def test_an_entry_of_another_installation_is_none_of_ours() -> None:
    line, _ = sealed(CHANGE, seq=1, prev=NO_SEAL, key=key_of(b"another"))
    with pytest.raises(Unreadable, match="another installation"):
        opened(line, KEY)


@pytest.mark.parametrize("line", [b"", b"{}", b"\xff" * 100, b"x" * 200])
def test_what_is_no_entry_is_said_so(line: bytes) -> None:
    with pytest.raises(Unreadable):
        opened(line, KEY)


def test_a_head_is_sealed_too() -> None:
    head = head_of(3, "ab", KEY)
    assert is_ours(head, KEY)
    assert not is_ours(head_of(3, "ab", key_of(b"another")), KEY)
    assert not is_ours(type(head)(seq=4, last=head.last, seal=head.seal), KEY)
