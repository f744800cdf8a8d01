from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.anthropic.usage import (
    estimate_input_tokens,
    opening_usage,
    parse_usage,
    tier_of,
    usage_object,
)
from tests.protocols.anthropic.wire import request


def test_cached_input_is_counted_apart() -> None:
    usage = Usage(input_tokens=100, cached_tokens=60, cache_write_tokens=10, output_tokens=7, reasoning_tokens=3)
    told = usage_object(usage, searches_count=0)
    assert (told["input_tokens"], told["cache_read_input_tokens"], told["cache_creation_input_tokens"]) == (30, 60, 10)
    assert told["cache_creation"] == {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0}
    assert (told["output_tokens"], told["output_tokens_details"]) == (7, {"thinking_tokens": 3})
    assert "server_tool_use" not in told


def test_searches_are_counted_and_input_never_falls_below_zero() -> None:
    told = usage_object(Usage(input_tokens=1, cached_tokens=60), searches_count=2)
    assert told["input_tokens"] == 0
    assert told["server_tool_use"]["web_search_requests"] == 2


def test_what_an_upstream_of_the_family_counts_beside_is_kept_and_nothing_else() -> None:
    usage = Usage(extra={"iterations": [1], "server_tool_use": {"web_search_requests": 5}, "cost": 1, "speed": None})
    told = usage_object(usage, searches_count=1)
    assert told["iterations"] == [1]
    assert told["server_tool_use"] == {"web_search_requests": 5}
    assert not {"cost", "speed"} & told.keys()


def test_a_vendors_counts_include_what_was_cached() -> None:
    told = {
        "input_tokens": 30,
        "cache_read_input_tokens": 60,
        "cache_creation_input_tokens": 10,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 3},
        "inference_geo": "eu",
    }
    assert parse_usage(told) == Usage(
        input_tokens=100,
        cached_tokens=60,
        cache_write_tokens=10,
        output_tokens=7,
        reasoning_tokens=3,
        extra={"inference_geo": "eu"},
    )


def test_counts_that_are_none_are_nothing() -> None:
    told = {"input_tokens": "5", "output_tokens": True, "cache_read_input_tokens": -1, "output_tokens_details": 3}
    assert parse_usage(told) == Usage()


def test_tiers() -> None:
    assert tier_of(None) == {}
    assert tier_of("priority") == {"service_tier": "priority"}
    assert tier_of("default") == {"service_tier": "standard"}


def test_the_opening_tells_the_prompt_only() -> None:
    assert opening_usage(7)["input_tokens"] == 7
    assert opening_usage(7)["output_tokens"] == 0


def test_the_estimate_is_a_matter_of_bytes() -> None:
    assert estimate_input_tokens(request(messages=[{"role": "user", "content": "x" * 36}])) == 10
    assert estimate_input_tokens(request(messages=[{"role": "user", "content": "é" * 18}])) == 10
    assert estimate_input_tokens(request(system="y" * 18, messages=[{"role": "user", "content": "x" * 18}])) == 10


def test_the_estimate_counts_tools_calls_and_results_but_never_base64() -> None:
    plain = estimate_input_tokens(request())
    tools = [{"name": "f", "input_schema": {"type": "object", "properties": {"a" * 360: {}}}}]
    assert estimate_input_tokens(request(tools=tools)) > plain + 90
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk=" * 10_000}}
    assert estimate_input_tokens(request(messages=[{"role": "user", "content": [picture]}])) == 1000
    history = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {"a": "z" * 360}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [picture]}]},
    ]
    assert 1100 < estimate_input_tokens(request(messages=history)) < 1200
