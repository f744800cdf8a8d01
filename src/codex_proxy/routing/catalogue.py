"""Models of the accounts that can be asked for: a static table, overridden by what the upstream lists.

Rules of this file: pure; the table is data that is read here and kept elsewhere; fetched entries win over static ones,
member by member where the upstream is silent.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import msgspec

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.names import EFFORT_SUFFIXES

PositiveInt = Annotated[int, msgspec.Meta(gt=0)]

_TEXT: Final = ("text",)


class CatalogueError(Exception):
    """A table of models says something that cannot be; ``path`` is where, such as ``models[2].efforts``."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Models by slug.  ``fetched`` says that the upstream's own list is in."""

    models: Mapping[str, ModelFacts]
    fetched: bool = False

    def find(self, slug: str) -> ModelFacts | None:
        """The model of this slug."""
        return self.models.get(slug)

    def listed(self) -> tuple[ModelFacts, ...]:
        """Every model, in order of preference."""
        return tuple(self.models.values())

    def best(self) -> ModelFacts | None:
        """The listed model of the best priority: the lowest number."""
        visible = [model for model in self.models.values() if model.visible]
        return min(visible, key=lambda model: (model.priority, model.slug), default=None)


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    description: str = ""
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    input_modalities: tuple[str, ...] = ("text", "image")
    output_modalities: tuple[str, ...] = _TEXT
    context_window: PositiveInt | None = None
    max_context_window: PositiveInt | None = None
    max_output_tokens: PositiveInt | None = None


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    dated: str
    models: tuple[_Row, ...]


def parse_catalogue(table: Any) -> tuple[ModelFacts, ...]:
    """The models of a table, in its order of preference.

    Shape: ``dated`` (ISO date) and ``models``, each with ``id``, ``description``, ``efforts`` in rising order,
    ``default_effort``, ``input_modalities``, ``output_modalities``, and in tokens, where known, ``context_window``,
    ``max_context_window``, ``max_output_tokens``.

    Raises:
        CatalogueError: a member is missing, unknown or of the wrong type, or contradicts another.
    """
    try:
        parsed = msgspec.convert(table, _Table)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        raise CatalogueError(path.rstrip("`").removeprefix("$").lstrip(".") or "the table", reason) from error
    known: set[str] = set()
    for place, row in enumerate(parsed.models):
        path = f"models[{place}]"
        if not row.id or row.id in known:
            raise CatalogueError(f"{path}.id", f"{row.id!r} is empty or there twice")
        known.add(row.id)
        _check_row(row, path)
    return tuple(_facts(row) for row in parsed.models)


def _check_row(row: _Row, path: str) -> None:
    if list(row.efforts) != [effort for effort in EFFORT_SUFFIXES if effort in row.efforts]:
        raise CatalogueError(f"{path}.efforts", f"expected some of {', '.join(EFFORT_SUFFIXES)}, in this order")
    if row.default_effort is not None and row.default_effort not in row.efforts:
        raise CatalogueError(f"{path}.default_effort", f"{row.default_effort} is none of the efforts")
    if row.context_window and row.max_context_window and row.context_window > row.max_context_window:
        raise CatalogueError(f"{path}.context_window", "is larger than max_context_window")


def _facts(row: _Row) -> ModelFacts:
    return ModelFacts(
        slug=row.id,
        display_name=row.id,
        description=row.description,
        efforts=row.efforts,
        default_effort=row.default_effort,
        input_modalities=row.input_modalities,
        output_modalities=row.output_modalities,
        context_window=row.context_window,
        max_context_window=row.max_context_window,
        max_output_tokens=row.max_output_tokens,
    )


def static_catalogue(static: Iterable[ModelFacts]) -> Catalogue:
    """The catalogue before any fetch."""
    return Catalogue(models={model.slug: model for model in static})


def fetched_catalogue(fetched: Iterable[ModelFacts], static: Iterable[ModelFacts] = ()) -> Catalogue:
    """The catalogue once the upstream listed its models: those and no others, completed from the static ones."""
    known = {model.slug: model for model in static}
    return Catalogue(models={model.slug: _completed(model, known.get(model.slug)) for model in fetched}, fetched=True)


def _completed(fetched: ModelFacts, static: ModelFacts | None) -> ModelFacts:
    if static is None:
        return fetched
    return msgspec.structs.replace(
        fetched,
        display_name=fetched.display_name or static.display_name,
        description=fetched.description or static.description,
        efforts=fetched.efforts or static.efforts,
        default_effort=fetched.default_effort or static.default_effort,
        context_window=fetched.context_window or static.context_window,
        max_context_window=fetched.max_context_window or static.max_context_window,
        max_output_tokens=fetched.max_output_tokens or static.max_output_tokens,
    )
