"""Which event of an output item is read how; one table for all answers.

Source: OpenAI API reference, streaming events; captures of Codex CLI 0.169.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from codex_proxy.canonical.events import Event
from codex_proxy.protocols.openai_responses.stream.items import ItemReader
from codex_proxy.protocols.openai_responses.stream.schema import WireEvent

Reader: TypeAlias = Callable[[ItemReader, WireEvent, list[Event]], None]

READERS: Final[dict[str, Reader]] = {
    "response.output_item.added": ItemReader.added,
    "response.output_item.done": ItemReader.done,
    "response.content_part.added": ItemReader.part_added,
    "response.content_part.done": ItemReader.part_done,
    "response.output_text.delta": ItemReader.text_delta,
    "response.output_text.done": ItemReader.text_done,
    "response.output_text.annotation.added": ItemReader.annotation,
    "response.refusal.delta": ItemReader.refusal_delta,
    "response.refusal.done": ItemReader.refusal_done,
    "response.reasoning_summary_part.added": ItemReader.summary_part,
    "response.reasoning_summary_part.done": ItemReader.summary_part,
    "response.reasoning_summary_text.delta": ItemReader.summary_delta,
    "response.reasoning_summary_text.done": ItemReader.summary_done,
    "response.reasoning_text.delta": ItemReader.raw_delta,
    "response.reasoning_text.done": ItemReader.raw_done,
    "response.function_call_arguments.delta": ItemReader.arguments_delta,
    "response.function_call_arguments.done": ItemReader.arguments_done,
    "response.custom_tool_call_input.delta": ItemReader.arguments_delta,
    "response.custom_tool_call_input.done": ItemReader.arguments_done,
    "response.image_generation_call.partial_image": ItemReader.partial_image,
}
