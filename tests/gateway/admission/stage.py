"""A gate for the gateway, which notes what it is asked."""

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.admission.ports import Gate, Wish
from codex_proxy.gateway.ports import ExchangeRecord
from codex_proxy.protocols.base import HeaderPairs

REFUSED = Failure(kind=FailureKind.BUDGET_SPENT, message="nothing left")


class Doorkeeper:
    """Implements ``Admission``, ``Gate`` and ``Admitted`` for the key ``key``.

    ``forbidden`` are models that it may not use; it refuses everything while it is ``closed``.
    """

    headers: HeaderPairs = (("x-ratelimit-limit-requests", "9"),)

    def __init__(self, *, closed: bool = False, forbidden: str = "") -> None:
        self.closed, self.forbidden = closed, forbidden
        self.wishes: list[Wish] = []
        self.settled: list[ExchangeRecord] = []

    def gate_of(self, client_key_id: str) -> Gate | None:
        return self if client_key_id == "key" else None

    def refusal(self, *, asked: str, model: str, vendor: str | None) -> Failure | None:
        told = Failure(kind=FailureKind.NOT_PERMITTED, message=f"not {asked}", code="model_not_allowed")
        return told if model == self.forbidden else None

    async def admit(self, wish: Wish) -> "Doorkeeper | Failure":
        self.wishes.append(wish)
        return REFUSED if self.closed else self

    def settle(self, record: ExchangeRecord) -> None:
        self.settled.append(record)
