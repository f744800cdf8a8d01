"""Usage objects of the Responses dialect, both ways."""

from typing import Any

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.usage import ImageUsage, Usage


def parse_usage(response: JsonObject) -> Usage | None:
    """The token counts of a response object, None if it has none; wrong numbers count as 0."""
    usage = response.get("usage")
    tool_usage = response.get("tool_usage")
    image = tool_usage.get("image_gen") if isinstance(tool_usage, dict) else None
    if not isinstance(usage, dict) and not (isinstance(image, dict) and image.get("total_tokens")):
        return None  # nothing was counted; zeros would say that the answer cost nothing
    counts = usage if isinstance(usage, dict) else {}
    inputs, outputs = _details(counts, "input_tokens_details"), _details(counts, "output_tokens_details")
    return Usage(
        input_tokens=_count(counts, "input_tokens"),
        cached_tokens=_count(inputs, "cached_tokens"),
        cache_write_tokens=_count(inputs, "cache_write_tokens") if "cache_write_tokens" in inputs else None,
        output_tokens=_count(counts, "output_tokens"),
        reasoning_tokens=_count(outputs, "reasoning_tokens"),
        image=_parse_image(image) if isinstance(image, dict) and image else None,
    )


def build_usage(usage: Usage) -> JsonObject:
    """A complete usage object: clients of the Codex family refuse one without its totals and details."""
    inputs: JsonObject = {"cached_tokens": usage.cached_tokens}
    if usage.cache_write_tokens is not None:
        inputs["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": inputs,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }


def build_tool_usage(usage: Usage) -> JsonObject:
    """Token counts of hosted tools, a member beside the model's own; empty where no tool reported any."""
    image = usage.image
    if image is None:
        return {}
    counts = {
        "input_tokens": image.input_tokens,
        "input_tokens_details": {"text_tokens": image.text_input_tokens, "image_tokens": image.image_input_tokens},
        "output_tokens": image.output_tokens,
        "total_tokens": image.total_tokens,
    }
    return {"image_gen": counts | image.extra}


def complete_usage(native: Any) -> Any:
    """The upstream's usage object with missing totals and details filled in; anything else as it is."""
    if not isinstance(native, dict):
        return native
    parsed = parse_usage({"usage": native})
    if parsed is None:
        return native
    complete = build_usage(parsed) | native
    for name in ("input_tokens_details", "output_tokens_details"):
        complete[name] = build_usage(parsed)[name] | _details(native, name)
    return complete


def _parse_image(image: JsonObject) -> ImageUsage:
    known = {"input_tokens", "input_tokens_details", "output_tokens", "total_tokens"}
    inputs = _details(image, "input_tokens_details")
    return ImageUsage(
        input_tokens=_count(image, "input_tokens"),
        text_input_tokens=_count(inputs, "text_tokens"),
        image_input_tokens=_count(inputs, "image_tokens"),
        output_tokens=_count(image, "output_tokens"),
        total_tokens=_count(image, "total_tokens"),
        extra={name: value for name, value in image.items() if name not in known},
    )


def _details(counts: JsonObject, name: str) -> JsonObject:
    value = counts.get(name)
    return value if isinstance(value, dict) else {}


def _count(counts: JsonObject, name: str) -> int:
    value = counts.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
