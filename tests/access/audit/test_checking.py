"""What the check of a log finds."""

import pytest

from codex_proxy.access.audit.checking import ChainCheck, Verdict
from codex_proxy.access.audit.entries import NO_SEAL, Change, Head, head_of, key_of, sealed

KEY = key_of(b"installation")


def log(count: int) -> tuple[list[bytes], Head]:
    lines, seal = list[bytes](), NO_SEAL
    for seq in range(1, count + 1):
        change = Change(at="t", who="admin", address="", action=f"number {seq}")
        line, seal = sealed(change, seq=seq, prev=seal, key=KEY)
        lines.append(line)
    return lines, head_of(count, seal, KEY)


def checked(lines: list[bytes], head: Head | None) -> Verdict:
    check = ChainCheck(KEY)
    for number, line in enumerate(lines, start=1):
        check.feed(line, where=f"line {number}")
    return check.end(head)


def test_a_whole_log_is_whole() -> None:
    lines, head = log(4)
    verdict = checked(lines, head)
    assert (verdict.is_whole, verdict.entry_count, verdict.problems, verdict.last_seal) == (True, 4, (), head.last)
    assert checked([], None).is_whole


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (lambda lines: lines[:1] + lines[2:], "entry 3 follows entry 1"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "entry 2 follows entry 0"),
        (lambda lines: [lines[0], lines[1].replace(b"number 2", b"number 9"), *lines[2:]], "seal does not fit"),
        (lambda lines: lines[:-1], "entries 4 to 4 are missing at the end"),
        (lambda lines: [], "entries 1 to 4 are missing at the end"),
        (lambda lines: [lines[0], b"junk", *lines[2:]], "this is no entry"),
        (lambda lines: [*lines, lines[3]], "entry 4 follows entry 4"),
    ],
)
def test_what_was_done_to_a_log_shows(damaged: object, words: str) -> None:
    lines, head = log(4)
    assert callable(damaged)
    verdict = checked(damaged(lines), head)
    assert not verdict.is_whole
    assert words in "; ".join(verdict.problems)


def test_a_head_that_is_gone_or_false_shows() -> None:
    lines, head = log(2)
    assert "head is missing" in checked(lines, None).problems[0]
    assert "head's seal" in checked(lines, Head(seq=1, last=head.last, seal=head.seal)).problems[0]
    other, _ = log(3)
    assert checked(other, head).is_whole, "a crash between entry and head leaves one more"
    many, _ = log(5)
    assert "3 entries follow the head" in checked(many, head).problems[0]


def test_a_rewritten_end_shows() -> None:
    lines, head = log(2)
    other, _ = sealed(Change(at="t", who="x", address="", action="y"), seq=2, prev="0" * 64, key=KEY)
    problems = "; ".join(checked([lines[0], other], head).problems)
    assert "does not continue" in problems
    assert "not the one that the head tells of" in problems
