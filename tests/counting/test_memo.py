"""What is used stays, what is not is forgotten."""

from codex_proxy.counting.memo import CountMemo


def test_a_count_is_remembered() -> None:
    memo = CountMemo(10)
    assert memo.get(b"a") is None
    memo.put(b"a", 3)
    assert (memo.get(b"a"), b"a" in memo, b"b" in memo) == (3, True, False)


def test_the_longest_unused_goes_first() -> None:
    memo = CountMemo(2)
    memo.put(b"a", 1)
    memo.put(b"b", 2)
    memo.get(b"a")
    memo.put(b"c", 3)
    assert (b"a" in memo, b"b" in memo, b"c" in memo, len(memo)) == (True, False, True, 2)
