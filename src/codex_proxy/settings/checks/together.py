"""What keys must be to each other.

Rules of this file: one function for each agreement; it names the key that has to change and says what would be right.
"""

from collections.abc import Iterator

from codex_proxy.settings.schema import Settings


def disagreements(settings: Settings) -> Iterator[tuple[str, str]]:
    """Keys that do not go with others, each with a sentence."""
    yield from _strategy(settings)
    yield from _windows(settings)


def _strategy(settings: Settings) -> Iterator[tuple[str, str]]:
    model = settings.model
    if model.system_prompt_strategy != "instructions" and not model.allow_client_system_prompt_strategy:
        yield "model.system_prompt_strategy", "needs model.allow_client_system_prompt_strategy: true"


def _windows(settings: Settings) -> Iterator[tuple[str, str]]:
    for name, levels in settings.quota.warning_thresholds.items():
        if sorted(set(levels)) != levels:
            yield "quota.warning_thresholds", f"{name}: each percentage once, the smallest first"
