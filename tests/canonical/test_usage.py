"""Token arithmetic."""

from codex_proxy.canonical.usage import Usage


def test_cached_and_reasoning_tokens_are_counted_once() -> None:
    usage = Usage(input_tokens=100, cached_tokens=80, output_tokens=20, reasoning_tokens=15)
    assert usage.total_tokens == 120
