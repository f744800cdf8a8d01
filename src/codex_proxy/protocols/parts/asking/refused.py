"""Members of a request that its upstream takes no more, or never took.

Rules of this file: pure; what is left out is noted, with the weight it has for the answer.
"""

from collections.abc import Iterable
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight

REFUSED_BEFORE: Final = "the upstream refused this before"
NOT_TAKEN: Final = "the vendor does not take this"

_WEIGHTY: Final = frozenset(
    {"format", "input", "instructions", "json_schema", "logprobs", "messages", "parallel_tool_calls",
     "previous_response_id", "prompt", "response_format", "responseJsonSchema", "responseSchema", "system",
     "systemInstruction", "tool_choice", "toolConfig", "tools", "top_logprobs", "web_search_options"}
)  # fmt: skip


def without_refused(
    members: JsonObject, refused: Iterable[str], detail: str = REFUSED_BEFORE
) -> tuple[JsonObject, tuple[Note, ...]]:
    """The members without those named in ``refused``, and a note for each.

    ``reasoning.summary`` names a member of a member.
    """
    kept = dict(members)
    notes: list[Note] = []
    for path in sorted(refused):
        outer, _, inner = path.partition(".")
        holder = kept.get(outer)
        if path in kept:
            del kept[path]
        elif inner and isinstance(holder, dict) and inner in holder:
            kept[outer] = {name: value for name, value in holder.items() if name != inner}
        else:
            continue
        weight = Weight.LOSSY if (inner or path) in _WEIGHTY else Weight.COSMETIC
        notes.append(Note(path=path, verdict=Verdict.DROPPED, weight=weight, detail=detail))
    return kept, tuple(notes)
