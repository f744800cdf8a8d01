"""Models that the owner adds to the catalogue: how an entry of ``model.custom_models`` is written.

Rules of this file: an entry is an id, or an object with what differs from a plain text model; what it leaves out may
come from another model, named by ``based_on``.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt

from codex_proxy.settings.keys import Section

MAX_ID_LENGTH: Final = 200


def _an_id(text: str) -> str:
    if not text or len(text) > MAX_ID_LENGTH or any(character.isspace() for character in text):
        raise ValueError(
            f"{text[:MAX_ID_LENGTH]!r} is no model id: one has no spaces and {MAX_ID_LENGTH} letters at most"
        )
    return text


ModelId: TypeAlias = Annotated[str, AfterValidator(_an_id)]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Modality: TypeAlias = Literal["text", "image", "audio", "video", "pdf", "file"]


class CustomModelEntry(Section):
    """A model of the Codex kind that the accounts are asked for by its own id; windows and limits count tokens."""

    id: ModelId
    based_on: ModelId | None = None
    display_name: str | None = None
    description: str | None = None
    supported_reasoning_efforts: Annotated[list[Effort], Field(min_length=1)] | None = None
    default_reasoning_effort: Effort | None = None
    service_tiers: list[Literal["priority", "flex"]] | None = None
    input_modalities: Annotated[list[Modality], Field(min_length=1)] | None = None
    output_modalities: Annotated[list[Modality], Field(min_length=1)] | None = None
    context_window: PositiveInt | None = None
    max_context_window: PositiveInt | None = None
    max_output_tokens: PositiveInt | None = None


def _as_object(entry: Any) -> Any:
    if isinstance(entry, str):
        return {"id": entry}
    if not isinstance(entry, dict | CustomModelEntry):
        raise ValueError("expected a model id, or an object with an id")  # noqa: TRY004 - what pydantic reports
    return entry


def _consistent(entry: CustomModelEntry) -> CustomModelEntry:
    """What one entry says must fit together; raises ``ValueError``."""
    efforts, default = entry.supported_reasoning_efforts, entry.default_reasoning_effort
    if efforts is not None and default is not None and default not in efforts:
        raise ValueError(f"default_reasoning_effort {default} is none of {entry.id}'s supported_reasoning_efforts")
    if entry.context_window and entry.max_context_window and entry.context_window > entry.max_context_window:
        raise ValueError(f"context_window of {entry.id} is larger than its max_context_window")
    if entry.based_on == entry.id:
        raise ValueError(f"{entry.id} cannot be based on itself; leave based_on out to change a listed model")
    return entry


def _each_once(entries: Sequence[CustomModelEntry]) -> Sequence[CustomModelEntry]:
    twice = [name for name, count in Counter(entry.id for entry in entries).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} is there twice")
    return entries


CustomModels: TypeAlias = Annotated[
    list[Annotated[CustomModelEntry, BeforeValidator(_as_object), AfterValidator(_consistent)]],
    AfterValidator(_each_once),
]
"""The list; a text stands for an entry that has nothing but an id."""
