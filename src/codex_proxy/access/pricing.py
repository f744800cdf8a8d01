"""The port behind which prices are known."""

from decimal import Decimal
from typing import Protocol

from codex_proxy.canonical.usage import Usage


class Pricing(Protocol):
    """Knows what models cost."""

    def cost(
        self, model: str, usage: Usage, *, vendor: str | None = None, service_tier: str | None = None
    ) -> Decimal | None:
        """What these tokens of a model cost in US dollars, at a vendor if there is one; None without a price."""
        ...
