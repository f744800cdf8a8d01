"""What a legal Responses stream looks like, as data.

Source: OpenAI API reference, streaming events; recorded streams.
"""

from typing import Final

from codex_proxy.protocols.openai_responses.stream.schema import CREATED, TERMINALS
from codex_proxy.protocols.parts.legality import Grammar

RELAYED: Final = "relayed"
"""The token for an upstream's own frame that is passed on as it came."""

GRAMMAR: Final = Grammar(
    start=CREATED,
    finish=TERMINALS | {"error"},
    opens={"response.output_item.added": "item", "response.content_part.added": "part"},
    inside={
        "response.output_text.delta": frozenset({"part"}),
        "response.output_text.done": frozenset({"part"}),
        "response.output_text.annotation.added": frozenset({"part"}),
        "response.refusal.delta": frozenset({"part"}),
        "response.refusal.done": frozenset({"part"}),
        "response.reasoning_summary_part.added": frozenset({"item"}),
        "response.reasoning_summary_part.done": frozenset({"item"}),
        "response.reasoning_summary_text.delta": frozenset({"item"}),
        "response.reasoning_summary_text.done": frozenset({"item"}),
        "response.reasoning_text.delta": frozenset({"item"}),
        "response.reasoning_text.done": frozenset({"item"}),
        "response.function_call_arguments.delta": frozenset({"item"}),
        "response.function_call_arguments.done": frozenset({"item"}),
        "response.custom_tool_call_input.delta": frozenset({"item"}),
        "response.custom_tool_call_input.done": frozenset({"item"}),
        "response.image_generation_call.partial_image": frozenset({"item"}),
    },
    closes={"response.output_item.done": "item", "response.content_part.done": "part"},
    free=frozenset({"response.in_progress", RELAYED}),
    before=frozenset({RELAYED}),
)
"""Keys: an item's is its output index, a part's the pair of output and content index."""
