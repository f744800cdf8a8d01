"""Token arithmetic."""

from codex_proxy.canonical.usage import Usage, tokens_of_size


def test_cached_and_reasoning_tokens_are_counted_once() -> None:
    usage = Usage(input_tokens=100, cached_tokens=80, output_tokens=20, reasoning_tokens=15)
    assert usage.total_tokens == 120


def test_uncounted_text_is_taken_at_3_6_bytes_a_token_rounded_up() -> None:
    assert [tokens_of_size(size) for size in (0, 1, 36, 37)] == [0, 1, 10, 11]
