"""Token counts, both ways."""

from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.gemini.schema import has_counts, parse_usage, usage_object


def test_thoughts_are_counted_apart_from_the_answer() -> None:
    usage = Usage(input_tokens=30, cached_tokens=10, output_tokens=12, reasoning_tokens=5)
    told = usage_object(usage)
    assert told == {
        "promptTokenCount": 30,
        "candidatesTokenCount": 7,
        "totalTokenCount": 42,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 30}],
        "cachedContentTokenCount": 10,
        "thoughtsTokenCount": 5,
    }
    read = parse_usage(told)
    assert (read.input_tokens, read.cached_tokens, read.output_tokens, read.reasoning_tokens) == (30, 10, 12, 5)


def test_counts_that_are_none_are_left_out() -> None:
    told = usage_object(Usage(input_tokens=1, output_tokens=1), "flex")
    assert told.keys() == {
        "promptTokenCount",
        "candidatesTokenCount",
        "totalTokenCount",
        "promptTokensDetails",
        "serviceTier",
    }


def test_prompts_of_the_vendors_own_tools_are_input() -> None:
    read = parse_usage(
        {"promptTokenCount": 32, "candidatesTokenCount": 49, "toolUsePromptTokenCount": 253, "thoughtsTokenCount": 430}
    )
    assert (read.input_tokens, read.output_tokens, read.total_tokens) == (285, 479, 764)


def test_what_is_no_number_counts_as_none() -> None:
    read = parse_usage({"promptTokenCount": "x", "candidatesTokenCount": True, "thoughtsTokenCount": -1, "new": 1})
    assert (read.input_tokens, read.output_tokens, read.extra) == (0, 0, {"new": 1})


def test_a_traffic_type_alone_is_no_count() -> None:
    assert not has_counts({"trafficType": "ON_DEMAND"})
    assert has_counts({"promptTokenCount": 0})
