"""Models that can be asked for: a static table, overridden by what the upstream lists.

Rules of this file: pure; fetched entries win over static ones, member by member where the upstream is silent.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.target import ModelFacts

_USUAL: Final = ("low", "medium", "high", "xhigh")


def _model(
    slug: str, description: str, efforts: tuple[str, ...], *, window: int | None, largest: int | None = None
) -> ModelFacts:
    return ModelFacts(
        slug=slug,
        display_name=slug,
        description=description,
        efforts=efforts,
        default_effort="medium",
        context_window=window,
        max_context_window=largest,
        max_output_tokens=128_000 if window and window >= 272_000 else None,
    )


STATIC_MODELS: Final = (
    _model(
        "gpt-5.5",
        "Frontier model for complex coding, research and real-world work",
        _USUAL,
        window=272_000,
        largest=272_000,
    ),
    _model("gpt-5.4", "Strong model for everyday coding", _USUAL, window=272_000, largest=1_000_000),
    _model("gpt-5.4-mini", "Lightweight model", _USUAL, window=400_000),
    _model("gpt-5.3-codex", "Coding-optimized model", _USUAL, window=400_000),
    _model("gpt-5.2", "Professional work and long-running agents", _USUAL, window=400_000),
    _model("gpt-5-codex", "Coding-optimized model", ("low", "medium", "high"), window=400_000),
    _model("gpt-5-codex-mini", "Lightweight coding model", ("medium", "high"), window=None),
    _model("gpt-oss-120b", "Open-weight model, 120B", ("low", "medium", "high"), window=131_072),
    _model("gpt-oss-20b", "Open-weight model, 20B", ("low", "medium", "high"), window=131_072),
)
"""What is offered until the upstream has been asked."""


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


def static_catalogue() -> Catalogue:
    """The catalogue before any fetch."""
    return Catalogue(models={model.slug: model for model in STATIC_MODELS})


def fetched_catalogue(fetched: Iterable[ModelFacts]) -> Catalogue:
    """The catalogue once the upstream listed its models: those and no others."""
    static = {model.slug: model for model in STATIC_MODELS}
    return Catalogue(models={model.slug: _completed(model, static.get(model.slug)) for model in fetched}, fetched=True)


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
