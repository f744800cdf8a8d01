"""Usage objects."""

from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.protocols.openai_responses.usage import build_tool_usage, build_usage, complete_usage, parse_usage

WIRE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 6,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 16,
}
USAGE = Usage(input_tokens=10, cached_tokens=4, output_tokens=6, reasoning_tokens=2)


def test_counts_are_read_and_written_back() -> None:
    assert parse_usage({"usage": WIRE}) == USAGE
    assert build_usage(USAGE) == WIRE


def test_no_usage_is_none_and_nonsense_counts_as_nothing() -> None:
    assert parse_usage({}) is None
    assert parse_usage({"usage": None, "tool_usage": {"image_gen": {"total_tokens": 0}}}) is None
    assert parse_usage({"usage": {"input_tokens": "7", "output_tokens": -1}}) == Usage()


def test_picture_tokens_are_kept_with_what_we_do_not_know() -> None:
    image = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "tier": "x"}
    usage = parse_usage({"tool_usage": {"image_gen": image}})
    assert usage is not None
    assert usage.image == ImageUsage(input_tokens=1, output_tokens=2, total_tokens=3, extra={"tier": "x"})


def test_picture_tokens_are_written_beside_the_models_own() -> None:
    image = {
        "input_tokens": 3,
        "input_tokens_details": {"text_tokens": 1, "image_tokens": 2},
        "output_tokens": 4,
        "total_tokens": 7,
        "tier": "x",
    }
    usage = parse_usage({"tool_usage": {"image_gen": image}})
    assert usage is not None
    assert usage.image is not None
    assert (usage.image.text_input_tokens, usage.image.image_input_tokens) == (1, 2)
    assert build_tool_usage(usage) == {"image_gen": image}
    assert build_tool_usage(USAGE) == {}


def test_a_sparse_usage_object_is_completed_and_keeps_its_own_members() -> None:
    assert complete_usage({"input_tokens": 3, "output_tokens": 1, "own": True}) == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 4,
        "own": True,
    }
    assert complete_usage(None) is None
