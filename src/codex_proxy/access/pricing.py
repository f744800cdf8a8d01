"""The port behind which prices are known."""

from typing import Protocol

from codex_proxy.canonical.usage import Usage


class Pricing(Protocol):
    """Knows what models cost."""

    def cost(self, model: str, usage: Usage) -> int | None:
        """What so many tokens of a model cost, in micro-dollars rounded up; None where its price is not known."""
        ...
