"""Token arithmetic."""

from codex_proxy.canonical.usage import MOST_TOKENS, ImageUsage, Usage, believed, tokens_of_size


def test_cached_and_reasoning_tokens_are_counted_once() -> None:
    usage = Usage(input_tokens=100, cached_tokens=80, output_tokens=20, reasoning_tokens=15)
    assert usage.total_tokens == 120


def test_uncounted_text_is_taken_at_3_6_bytes_a_token_rounded_up() -> None:
    assert [tokens_of_size(size) for size in (0, 1, 36, 37)] == [0, 1, 10, 11]


def test_counts_that_no_answer_can_have_are_cut_and_others_are_as_they_were() -> None:
    image = ImageUsage(input_tokens=1, output_tokens=2**70)
    usage = Usage(input_tokens=10**30, cached_tokens=-1, output_tokens=5, image=image)
    assert believed(usage) == Usage(
        input_tokens=MOST_TOKENS, output_tokens=5, image=ImageUsage(input_tokens=1, output_tokens=MOST_TOKENS)
    )
    fine = Usage(input_tokens=7, cache_write_tokens=3, output_tokens=MOST_TOKENS, image=ImageUsage(input_tokens=4))
    assert believed(fine) is fine
